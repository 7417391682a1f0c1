#!/usr/bin/python3
"""What people write by hand in Python: one subscriber that appends, by redis-py with hiredis' parser. What waits already goes in
one pipeline. No guarantee at all.

    bridge.py SOCKET CHANNEL STREAM
"""
import json
import sys

import redis

MOST_IN_PIPELINE = 500


def carry(path, channel, stream):
    client = redis.Redis(unix_socket_path=path)
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.subscribe(channel)
    position = 0
    while True:
        pipeline = client.pipeline(transaction=False)
        message = subscription.get_message(timeout=None)
        while message and len(pipeline) < MOST_IN_PIPELINE:
            position += 1
            entry = json.loads(message["data"])
            entry.update(consumer_id="python.1", processed=1, position=position)
            pipeline.xadd(stream, entry)
            message = subscription.get_message(timeout=0)
        if len(pipeline) > 0:
            pipeline.execute()


if __name__ == "__main__":
    carry(*sys.argv[1:])
