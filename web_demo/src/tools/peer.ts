/**
 * The tokenizer of `@huggingface/tokenizers` as a program, for tests: a line of JSON with one text or
 * two in, a line of JSON with their ids out. Its argument is a folder with tokenizer.json.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Tokenizer } from "@huggingface/tokenizers";

const [folder = ""] = process.argv.slice(2);
const parse = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf-8"));
const tokenizer = new Tokenizer(await parse("tokenizer.json"), await parse("tokenizer_config.json"));

for await (const line of createInterface({ input: process.stdin })) {
  const [text, pair] = JSON.parse(line);
  const { ids } = tokenizer.encode(text, pair === undefined ? {} : { text_pair: pair });
  process.stdout.write(`${JSON.stringify(ids)}\n`);
}
