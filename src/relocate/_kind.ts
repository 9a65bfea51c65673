/** `enum bpf_core_relo_kind`: what a CO-RE record asks about a field, a type or an enumerator. */
export const KIND = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_ID_LOCAL: 6,
  TYPE_ID_TARGET: 7,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const;

/** Whether a kind asks about a field. */
export function isFieldKind(kind: number): boolean {
  return kind <= KIND.FIELD_RSHIFT_U64;
}

/** Whether a kind asks about an enumerator. */
export function isEnumeratorKind(kind: number): boolean {
  return kind === KIND.ENUMVAL_EXISTS || kind === KIND.ENUMVAL_VALUE;
}
