import { ContentError, EdgekitError } from "../edgekit-error.ts";
import { MOST, type JsonObject } from "../json-object.ts";
import {
  LENGTH,
  SIDES,
  type Activation,
  type Artifact,
  type FileEntry,
  type Manifest,
  type Postprocessing,
  type TensorSpec,
  type TokenizerFacts,
  type VectorSimilarity,
} from "./manifest.ts";
import type { Role } from "./role.ts";

/** The first minor version of the schema that has all that this library reads. */
const LEAST_MINOR = 5;

const MAX_ANSWER_TOKENS = 30;
const PACKAGES: readonly string[] = ["coreml", "coreai"];
const ACTIVATIONS: readonly Activation[] = ["softmax", "sigmoid", "identity"];
const SIMILARITIES: readonly VectorSimilarity[] = ["cosine", "dot", "euclidean", "manhattan"];

/** Makes a {@link Manifest} of manifest.json's object. */
export function readManifest(root: JsonObject): Manifest {
  checkSchema(root.text("schema_version"));
  const source = root.child("source");
  const golden = readFile(root.child("golden"));
  const postprocess = optional(root, "postprocess", readFile);
  const tokenizer = optional(root, "tokenizer", readTokenizer);
  const artifacts = root.children("artifacts").map(readArtifact);
  const own = artifacts.filter((each) => !each.isPackage).flatMap((each) => each.files);
  return {
    edgekitVersion: root.text("edgekit_version"),
    name: root.text("name"),
    task: root.text("task"),
    problemType: root.textOrNull("problem_type"),
    labels: root.texts("labels"),
    hasRandomWeights: root.flag("random_weights"),
    license: source.textOrNull("license"),
    origin: source.text("origin"),
    parameters: source.number("parameters"),
    maxLength: root.count("max_length"),
    padId: root.count("pad_id", 0),
    prompts: root.textMap("prompts"),
    defaultPromptName: root.textOrNull("default_prompt_name"),
    roles: readRoles(root.childOrNull("roles")),
    similarity: root.oneOf("similarity", SIMILARITIES) ?? "cosine",
    postprocessing: readPostprocessing(root.child("postprocessing")),
    tokenizer,
    golden,
    postprocess,
    artifacts,
    files: [golden, ...(postprocess ? [postprocess] : []), ...(tokenizer?.files ?? []), ...own],
  };
}

function checkSchema(version: string): void {
  const [major, minor] = version.split(".").map(Number);
  if (major !== 1) {
    throw new EdgekitError(
      "UnsupportedSchema",
      `the bundle has schema ${version} and this library reads 1.${LEAST_MINOR} and later: ` +
        "update the library",
    );
  }
  if (minor === undefined || !(minor >= LEAST_MINOR)) {
    throw new EdgekitError(
      "UnsupportedSchema",
      `the bundle has schema ${version} and lacks what an app needs since 1.${LEAST_MINOR}: ` +
        "convert the model again with a newer edgekit",
    );
  }
}

function readRoles(root: JsonObject | null): ReadonlyMap<string, Role> {
  return new Map((root?.entries() ?? []).map(([name, row]) => [name, readRole(row)]));
}

function readRole(row: JsonObject): Role {
  const expansion = optional(row, "expansion", (each) => ({
    tokenId: each.count("token_id", 0),
    length: each.count("length"),
    isAttended: each.flag("attended"),
  }));
  const maxLength = row.has("max_length") ? row.count("max_length") : null;
  return { maxLength, expansion, skipIds: [...row.ints("skip_ids")] };
}

function readPostprocessing(row: JsonObject): Postprocessing {
  return {
    activation: row.oneOf("activation", ACTIVATIONS) ?? "identity",
    threshold: row.numberOrNull("threshold"),
    nullThreshold: row.numberOrNull("null_threshold"),
    maxAnswerTokens: row.has("max_answer_tokens")
      ? row.count("max_answer_tokens")
      : MAX_ANSWER_TOKENS,
    top: row.count("top"),
  };
}

function readTokenizer(row: JsonObject): TokenizerFacts | null {
  const app = row.childOrNull("app");
  if (app === null) return null;
  const files = row.children("files").map(readFile);
  const listed = (name: string): FileEntry => {
    const found = files.find((each) => each.file === app.text(name));
    if (found === undefined) throw new ContentError(`files have no '${name}'`);
    return found;
  };
  return {
    kind: row.text("kind"),
    specialTokens: row.intMap("special_tokens"),
    truncationSide: row.oneOf("truncation_side", SIDES) ?? "right",
    settings: listed("settings"),
    vocabulary: listed("vocabulary"),
    files,
  };
}

function readArtifact(row: JsonObject): Artifact {
  const own = readFile(row);
  const data = optional(row, "data", readFile);
  const [proof] = row.children("proofs");
  if (proof === undefined) throw new ContentError(`${own.file} has no proof`);
  const tolerance = proof.child("tolerance");
  return {
    file: own.file,
    format: row.text("format"),
    recipe: row.text("recipe"),
    runtime: row.text("runtime").toLowerCase(),
    minimumOs: row.text("minimum_os"),
    sizeBytes: own.sizeBytes + (data?.sizeBytes ?? 0),
    sha256: own.sha256,
    buckets: row.has("buckets") ? readBuckets(row) : null,
    inputs: row.children("inputs").map(readSpec),
    outputs: row.children("outputs").map(readSpec),
    tolerance: { maxAbs: tolerance.number("max_abs"), cosine: tolerance.number("cosine") },
    files: data ? [own, data] : [own],
    isPackage: PACKAGES.includes(row.text("format")),
  };
}

function readBuckets(row: JsonObject): number[] {
  const buckets = row.counts("buckets").sort((one, other) => one - other);
  if (buckets.length === 0) throw new ContentError("'buckets' are none");
  return buckets;
}

function readSpec(row: JsonObject): TensorSpec {
  const axes = row.list("shape").slice(1);
  return {
    name: row.text("name"),
    dtype: row.text("dtype"),
    shape: axes.map((axis) => {
      if (axis === "length") return LENGTH;
      return typeof axis === "number" && axis >= 0 && axis <= MOST ? axis : row.wrong("shape");
    }),
  };
}

function readFile(row: JsonObject): FileEntry {
  const file = row.text("file");
  const parts = file.split("/");
  if (parts.some((part) => ["", ".", ".."].includes(part))) row.wrong("file");
  return { file, sizeBytes: row.number("size_bytes"), sha256: row.text("sha256") };
}

function optional<T>(row: JsonObject, name: string, read: (child: JsonObject) => T): T | null {
  const child = row.childOrNull(name);
  return child === null ? null : read(child);
}
