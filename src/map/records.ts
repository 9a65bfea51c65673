/**
 * What a buffer of records is to its readers.
 *
 * @module
 */
import type { Readable } from "../sys/mod.ts";

/**
 * What a record is handed to: bytes `at` to `at + size` of the view, which are the producer's again afterwards.
 *
 * @param cpu The CPU whose program wrote it; 0 of ring buffers, which do not say.
 */
export type RecordHandler = (view: DataView, at: number, size: number, cpu: number) => void;

/** The memory that programs put records in, open for reading. */
export interface Records extends Disposable {
  /** Where a reader waits for records; `undefined` where nothing is waited for. */
  readable(): Readable | undefined;
  /**
   * Keeps the thread until there may be records, for `timeout` ms at most. Returns whether there may be: not where a signal
   * came, the time was over, or nothing is waited for.
   */
  block(timeout: number): boolean;
  /** How many records found no room so far, as far as the buffer tells; `undefined` where it does not. */
  readonly lost: number | undefined;
  /** Whether records may be held back for the sake of order. */
  readonly ordered: boolean;
  /** How long records that are there are held back for the sake of order, in ms; 0 where none is. */
  readonly held: number;
  /** Hands out up to `limit` records. Returns how many. Views are ours alone. */
  consume(limit: number, handle: RecordHandler): number;
  /** Hands out all records that are there, held ones too. Returns how many. Views are ours alone. */
  consumeAll(handle: RecordHandler): number;
  /** The same, with views that are empty afterwards. */
  drain(handle: RecordHandler): number;
}
