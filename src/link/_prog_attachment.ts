/**
 * Attachments without a link (`BPF_PROG_ATTACH`).
 *
 * @module
 */
import { SyscallError } from "../errors.ts";
import type { Program } from "../program/mod.ts";
import { type Descriptor, ERRNO, progAttach, progDetach } from "../sys/mod.ts";
import type { Attachment } from "./link.ts";

/** What a program is attached to: a descriptor that is taken over, or a network device. */
export type ProgTarget = { readonly descriptor: Descriptor } | { readonly device: number };

/** How `BPF_PROG_ATTACH` is asked. */
export interface ProgAttachFields {
  readonly attach_type: number;
  readonly attach_flags?: number;
  readonly replace_bpf_fd?: number;
  readonly relative_fd?: number;
  readonly expected_revision?: bigint;
}

/**
 * Attaches a program as the kernel did before it had links. It stays when the process ends without closing it.
 *
 * @param what The attachment in messages.
 */
export function attachProg(
  what: string,
  program: Program,
  target: ProgTarget,
  fields: ProgAttachFields,
): Attachment {
  using undo = new DisposableStack();
  if ("descriptor" in target) undo.use(target.descriptor);
  // The kernel detaches the program that it is handed: the caller's handle may be closed by then
  const own = undo.use(program.descriptor.clone());
  const place = "device" in target ? { target_ifindex: target.device } : { target_fd: target.descriptor.fd };
  progAttach(what, { ...place, ...fields, attach_bpf_fd: own.fd });
  const resources = undo.move();
  const close = () => {
    if (resources.disposed) return;
    try {
      progDetach(what, { ...place, attach_type: fields.attach_type, attach_bpf_fd: own.fd });
    } catch (error) {
      // Somebody detached or replaced it already, or the device is gone
      const passed = error instanceof SyscallError &&
        (error.errno === ERRNO.ENOENT || error.errno === ERRNO.ENODEV);
      if (!passed) throw error;
    } finally {
      resources.dispose();
    }
  };
  return { close, [Symbol.dispose]: close };
}
