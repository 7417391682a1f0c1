#!lua
-- may_settle: whether this server lets this user do all that a transaction with settle does. Run within a transaction, so
-- that an answer also shows that transactions and EVAL are allowed. What a transaction must not have is a part of it refused.
--
-- KEYS   state, output stream, dead-letter stream
-- Answer (a status) ready | refused
local function may(...) return redis.acl_check_cmd(...) end
local ready = may('HGET', KEYS[1], 'f') and may('HSET', KEYS[1], 'f', 'v') and may('HDEL', KEYS[1], 'f')
for i = 2, 3 do
  ready = ready and may('XADD', KEYS[i], '*', 'f', 'v') and may('XREVRANGE', KEYS[i], '+', '-', 'COUNT', '1') and
    may('XDEL', KEYS[i], '0-1') and may('XTRIM', KEYS[i], 'MAXLEN', '~', '1') and may('XINFO', 'STREAM', KEYS[i]) and
    may('XSETID', KEYS[i], '0-1')
end
return redis.status_reply(ready and 'ready' or 'refused')
