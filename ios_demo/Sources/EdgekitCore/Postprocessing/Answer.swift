/// What a model's outputs mean: one type for each kind of task.
///
/// As JSON it is the object that `edgekit run --json` prints and postprocess.json holds.
public protocol Answer: Encodable, Sendable {}
