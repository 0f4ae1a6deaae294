// The thread's side of document-validator.ts. It gives way first and loads what validates then: that takes a tenth of a second of
// a processor, which requests may need.
import { giveWay } from '../thread-priority.js';

giveWay();
const { runValidation } = await import('./validation-task.js');
await runValidation();
