/** How often a worker tells its page of a download. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { paced } from "../worker/paced.ts";

test("the first value and the last are told, and few between", async () => {
  const told: number[] = [];
  const tell = paced((value: number) => told.push(value), 20);
  for (let value = 1; value <= 100; value++) tell(value);
  assert.deepEqual(told, [1]);
  await pause(60);
  assert.deepEqual(told, [1, 100]);
  tell(101);
  assert.deepEqual(told, [1, 100, 101]);
});
