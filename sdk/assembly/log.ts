// Lines in the gateway's log. Needs the capability `log`; a filter that never logs does not import it.
import { LOG_DEBUG, LOG_ERROR, LOG_INFO, LOG_WARN } from '../abi/abi';
import { bytesOf } from './bytes';
import { hostLog } from './host';

/** The host adds the filter's name and the request id. Keep data of clients out of it. */
export namespace log {
  /** Writes a line (text, `Bytes` or an integer) for those who look for the cause of something. */
  export function debug<T>(message: T): void {
    write(LOG_DEBUG, message);
  }

  /** Writes a line on what is in order. */
  export function info<T>(message: T): void {
    write(LOG_INFO, message);
  }

  /** Writes a line on what somebody should look at. */
  export function warn<T>(message: T): void {
    write(LOG_WARN, message);
  }

  /** Writes a line on what went wrong. */
  export function error<T>(message: T): void {
    write(LOG_ERROR, message);
  }

  function write<T>(level: u32, message: T): void {
    const text = bytesOf(message);
    hostLog(level, text.address, text.length);
  }
}
