/**
 * Numbers of kernels after the one that the other files were generated on: `include/uapi/linux/bpf.h` of libbpf's main branch.
 *
 * @module
 */

/** Of `enum bpf_attach_type`: `TRACE_FSESSION` is of Linux 7.0, the others of later ones. */
export const NEWER_ATTACH_TYPE = {
  TRACE_FSESSION: 58,
  TRACE_FENTRY_MULTI: 59,
  TRACE_FEXIT_MULTI: 60,
  TRACE_FSESSION_MULTI: 61,
} as const;
