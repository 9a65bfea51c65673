/** Asks about features, as a process of its own. */
import { probeAttachType, probeProgramType } from "../../src/features/mod.ts";

console.log(JSON.stringify({
  socket_filter: probeProgramType("socket_filter"),
  xdp: probeProgramType("xdp"),
  trace_fentry: probeAttachType("trace_fentry"),
}));
