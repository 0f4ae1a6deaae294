// What is wrong with a request, and where: never what stands there.
import { Bytes, BytesWriter, Decision, problemDocument, respond } from 'sluice';

/** Most bytes of a name that are shown. */
const MOST_SHOWN = 256;
const BAD_REQUEST = 400;

@final
export class Finding {
  readonly field: Bytes;

  /**
   * @param place `header`, `query`, `path`, `form` or `json`
   * @param field name of the header, parameter, field or member; empty for paths, whole bodies and items of lists
   */
  constructor(
    readonly place: string,
    field: Bytes,
    readonly rule: string,
  ) {
    this.field = field.slice(0, MOST_SHOWN);
  }

  /** A 400 that says where and by which rule. */
  refusal(): Decision {
    const answer = respond(BAD_REQUEST);
    const problem = problemDocument('SANITISE_INPUT', 'The request holds something that is not accepted.')
      .name('in')
      .text(this.place);
    if (!this.field.isEmpty) problem.name('field').textBytes(this.field);
    return answer.problemJson(problem.name('rule').text(this.rule).endObject());
  }

  /** For the log: place, field and rule, without what could break a line in two. */
  get line(): Bytes {
    const out = new BytesWriter().add(this.place).add(' ');
    for (let i = 0; i < this.field.length; i++) out.byte(this.field[i] < 0x20 ? 0x3f : this.field[i]);
    return out.add(this.field.isEmpty ? '' : ' ').add(this.rule).bytes;
  }
}
