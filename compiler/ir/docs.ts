/** What a model says of itself, line by line, for reports and headers. */
export interface ModelDocs {
  readonly model: readonly string[];
  /** Input by input. */
  readonly inputs: readonly (readonly string[])[];
}
