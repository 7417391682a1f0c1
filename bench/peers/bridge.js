// What people write by hand in JavaScript: one subscriber that appends, by node-redis, which sends what is asked for within one
// turn of the event loop in one write. No guarantee at all.
//
//   bridge.js SOCKET CHANNEL STREAM
const { createClient } = require('redis');

async function carry(path, channel, stream) {
  const client = createClient({ socket: { path } });
  const subscriber = client.duplicate();
  await client.connect();
  await subscriber.connect();
  let position = 0;
  await subscriber.subscribe(channel, (text) => {
    const entry = JSON.parse(text);
    entry.consumer_id = 'node.1';
    entry.processed = '1';
    entry.position = String(++position);
    client.xAdd(stream, '*', entry);
  });
}

carry(...process.argv.slice(2));
