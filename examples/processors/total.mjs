// tributary consume --processor 'exec:node examples/processors/total.mjs'
// Adds a field "total", price times quantity; a message without numbers is a dead letter at once.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const { payload } = JSON.parse(line);
  const total = payload.price * payload.quantity;
  const answer = Number.isFinite(total) ? { fields: { total } } : { dead: "price or quantity is no number" };
  process.stdout.write(JSON.stringify(answer) + "\n");
}
