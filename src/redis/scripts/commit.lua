#!lua
-- commit: appends the entries beyond the lane's position and moves the position to the last one, in one step. The only
-- place where a message enters a stream, so the only place that must be right for "not twice".
--
-- The position moves first, and back if not all entries went in: a user who may append but not move positions appends
-- nothing at all. Nobody sees anything of it before the end.
--
-- The hot path: constant field names for the common entry, flat arguments, strings only (a Lua number as an argument of
-- a call is formatted anew each time), one pcall around the loop and a variable for what was truly done.
--
-- KEYS   state, output stream, dead-letter stream
-- ARGV   1 member, 2 lane ("view:index"), 3 position before the first entry,
--        4 0, 1 to release the lane afterwards, or the only identity of the server under which anything is done, a blank,
--        and the one that the connection read where scripts may not read it, or -,
--        5 stream bound or 0, 6... runs (see src/process/entries.hpp); the last argument is the text of the last position
-- Answer ok, position, why the stream was not trimmed (if it was not) | gap, position | fenced, owner | gone |
--        failed, position, error | identity, now
--
-- The short form, with two keys: for plain entries, if the lane's record is exactly what its owner takes it for. Each argument
-- costs the server as much as 80 bytes of a payload do, and a table as an answer as much as five arguments.
--
-- KEYS   state, output stream
-- ARGV   1 field of the record, 2 the record before, 3 and after, 4 name of the id's field, 5 consumer id, then for each
--        entry its id and its position; behind them the stream's bound, if it has one
-- Answer (not in a list) ok | changed: the record is another, and nothing was done; and what is in a list above
local call = redis.call
if #KEYS == 2 then
  local state, stream, field, name, consumer, size = KEYS[1], KEYS[2], ARGV[1], ARGV[4], ARGV[5], #ARGV
  if call('HGET', state, field) ~= ARGV[2] then return 'changed' end
  call('HSET', state, field, ARGV[3])
  for i = 6, size - 1, 2 do
    local reply =
      redis.pcall('XADD', stream, '*', name, ARGV[i], 'consumer_id', consumer, 'processed', '1', 'position', ARGV[i + 1])
    if reply.err then
      local owner, reached = string.match(ARGV[2], '^(%S+) (%S+)')
      if i > 6 then reached = string.match(ARGV[i - 1], '%d+$') end
      call('HSET', state, field, owner .. ' ' .. reached .. ' -')
      return {'failed', reached, reply.err}
    end
  end
  if size % 2 == 0 then
    local trimmed = redis.pcall('XTRIM', stream, 'MAXLEN', '~', ARGV[size])
    if type(trimmed) == 'table' and trimmed.err then
      return {'ok', string.match(ARGV[size - 1], '%d+$'), trimmed.err}
    end
  end
  return 'ok'
end

local field = 'lane:' .. ARGV[2]
local record = call('HGET', KEYS[1], field)
if not record then return {'gone'} end
local owner, before, last = string.match(record, '^(%S+) (%S+) (%S+)')
if owner ~= ARGV[1] then return {'fenced', owner} end
local position, from = tonumber(before), tonumber(ARGV[3])
if from > position then return {'gap', before} end
local all_new = from == position
local stream, dead = KEYS[2], KEYS[3]
local how, size = ARGV[4], #ARGV
if #how > 1 then
  local only, now = string.match(how, '^(%S+) (%S+)$')
  if now == '-' then
    local info = call('INFO', 'server') .. call('INFO', 'replication')
    now = string.match(info, 'run_id:(%x+)') .. '/' .. string.match(info, 'master_replid:(%x+)')
  end
  if now ~= only then return {'identity', now} end
end

local function move_to(reached, to_whom)
  if last ~= '-' and tonumber(reached) >= tonumber(last) then
    call('HDEL', KEYS[1], field)
  else
    call('HSET', KEYS[1], field, to_whom .. ' ' .. reached .. ' ' .. last)
  end
end

local goal = before
if size > 5 then goal = string.match(ARGV[size], '%d+$') end
if not goal then return {'failed', before, 'ERR no position at the end'} end
if tonumber(goal) <= position then goal = before end
if goal ~= before or how == '1' then move_to(goal, how == '1' and '-' or owner) end
if goal == before then return {'ok', before} end

local done  -- position text of the last entry that is truly in

local function new(text) return all_new or tonumber(string.match(text, '%d+$')) > position end

local function general(key, i, count)
  for _ = 1, count do
    local arguments = tonumber(ARGV[i])
    local text = ARGV[i + arguments]
    if new(text) then
      call('XADD', key, '*', unpack(ARGV, i + 1, i + arguments))
      done = text
    end
    i = i + arguments + 1
  end
  return i
end

local ok, failure = pcall(function()
  local i = 6
  while i <= size do
    local kind, count = ARGV[i], tonumber(ARGV[i + 1])
    if count > size then error('ERR a run is longer than its arguments', 0) end
    if kind == 't' then
      local name, consumer = ARGV[i + 2], ARGV[i + 3]
      i = i + 4
      for _ = 1, count do
        local text = ARGV[i + 1]
        if all_new or new(text) then
          call('XADD', stream, '*', name, ARGV[i], 'consumer_id', consumer, 'processed', '1', 'position', text)
          done = text
        end
        i = i + 2
      end
    elseif kind == 'g' then
      i = general(stream, i + 2, count)
    elseif kind == 'd' then
      i = general(dead, i + 2, count)
    else  -- dropped by a processor
      for k = i + 2, i + 1 + count do
        if new(ARGV[k]) then done = ARGV[k] end
      end
      i = i + 2 + count
    end
  end
end)

local reached = done and string.match(done, '%d+$') or before
if reached ~= goal then call('HSET', KEYS[1], field, owner .. ' ' .. reached .. ' ' .. last) end
if not ok then
  return {'failed', reached, type(failure) == 'table' and tostring(failure.err) or tostring(failure)}
end
if done and ARGV[5] ~= '0' then
  local trimmed = redis.pcall('XTRIM', stream, 'MAXLEN', '~', ARGV[5])
  if type(trimmed) == 'table' and trimmed.err then return {'ok', reached, trimmed.err} end
end
return {'ok', reached}
