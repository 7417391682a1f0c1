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
-- KEYS   state, output stream, dead-letter stream; with a window for ids the ring of the sets that hold them
-- ARGV   1 member, 2 lane ("view:index"), 3 position before the first entry,
--        4 0, 1 to release the lane afterwards, or the only identity of the server under which anything is done, a blank,
--        and the one that the connection read where scripts may not read it, or -,
--        5 stream bound or 0, with a window behind it by blanks the window in ms and the most ids,
--        6... runs (see src/process/entries.hpp); the last argument is the text of the last position
-- Answer ok, position, why the stream was not trimmed (if it was not) | gap, position | fenced, owner | gone |
--        failed, position, error | identity, now. Of ok, failed and gap with a window, if there is something to tell: 3 a text
--        in any case, 4 duplicates dropped, 5 (if a set was begun) how far back the window reaches in ms, or -: as it should
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

local window  -- for ids; nil if there is none
local taken   -- with one: ids that are in the stream within it
local bound = ARGV[5]

local goal = before
if size > 5 then goal = string.match(ARGV[size], '%d+$') end
if not goal then return {'failed', before, 'ERR no position at the end'} end
if tonumber(goal) <= position then goal = before end

-- Nothing twice by id. The ids of what was appended are in sets, of which each has those of some time: one takes what is
-- appended now, and when it has had half a window, or its share of the most that may be kept, the oldest is emptied and
-- takes over. So a ring of three holds every id for a window. What is looked at was read before anything is written.
--
-- The field `ids` of the state says which set takes, how long the window is, when the set began, and when those before it
-- began, by the server's clock.
if #KEYS > 3 and goal ~= before then
  local span, most
  bound, span, most = string.match(bound, '^(%d+) (%d+) (%d+)$')
  span, most = tonumber(span), tonumber(most)
  local time, ring, began = call('TIME'), #KEYS - 3, {}
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  for word in string.gmatch(call('HGET', KEYS[1], 'ids') or '', '%d+') do began[#began + 1] = tonumber(word) end
  local current = table.remove(began, 1)
  -- Another window begins with no ids: those of a longer one would be found for too long.
  if table.remove(began, 1) ~= span then current, began = nil, {} end
  window, taken = {ids = {}, count = 0, dropped = 0, life = span + math.ceil(span / (ring - 1))}, {}

  local ids, n, i = {}, 0, 6
  while i <= size do
    local kind, count = ARGV[i], tonumber(ARGV[i + 1])
    if count > size then error('ERR a run is longer than its arguments', 0) end
    if kind == 't' then
      for k = i + 4, i + 2 + 2 * count, 2 do
        n = n + 1
        ids[n] = ARGV[k]
      end
      i = i + 4 + 2 * count
    elseif kind == 's' then
      for k = i + 2, i + 2 * count, 2 do
        n = n + 1
        ids[n] = ARGV[k]
      end
      i = i + 2 + 2 * count
    elseif kind == 'n' then
      i = i + 2 + count
    else
      i = i + 2
      for _ = 1, count do
        if kind == 'u' then
          n = n + 1
          ids[n] = ARGV[i]
          i = i + 1
        end
        i = i + tonumber(ARGV[i]) + 1
      end
    end
  end

  for age = 0, current and #began - 1 or -1 do
    if age == 0 or now - began[age] < span then
      local key = KEYS[4 + (current - age) % ring]
      for from = 1, n, 1000 do
        local found = call('SMISMEMBER', key, unpack(ids, from, math.min(from + 999, n)))
        for k = 1, #found do
          if found[k] == 1 then taken[ids[from + k - 1]] = true end
        end
      end
    end
  end

  local full = current and call('SCARD', KEYS[4 + current]) * ring >= most
  if not current or full or now < began[1] or now - began[1] >= span / (ring - 1) then
    local reach = #began == ring and now - began[ring - 1] or span
    window.news = (reach < 0 or reach >= span) and '-' or tostring(reach)
    table.insert(began, 1, now)
    window.began, window.next = {}, current and (current + 1) % ring or 0
    for k = 1, math.min(ring, #began) do window.began[k] = string.format('%.0f', began[k]) end
    table.insert(window.began, 1, string.format('%.0f', span))
  end
  window.key = KEYS[4 + (window.next or current)]
end

if goal ~= before or how == '1' then move_to(goal, how == '1' and '-' or owner) end
if goal == before then return {'ok', before} end

local done  -- position text of the last entry that is truly in

local function new(text) return all_new or tonumber(string.match(text, '%d+$')) > position end

local function is_duplicate(id)
  if not taken[id] then return false end
  window.dropped = window.dropped + 1
  return true
end

local function is_in(id)
  taken[id] = true
  window.count = window.count + 1
  window.ids[window.count] = id
end

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

local unprocessed  -- a message that was taken for a duplicate and is none: it must come again

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
          if not taken or not is_duplicate(ARGV[i]) then
            call('XADD', stream, '*', name, ARGV[i], 'consumer_id', consumer, 'processed', '1', 'position', text)
            if taken then is_in(ARGV[i]) end
          end
          done = text
        end
        i = i + 2
      end
    elseif kind == 'g' then
      i = general(stream, i + 2, count)
    elseif kind == 'd' then
      i = general(dead, i + 2, count)
    elseif kind == 'u' then
      i = i + 2
      for _ = 1, count do
        local behind = i + 2 + tonumber(ARGV[i + 1])
        local text = ARGV[behind - 1]
        if new(text) then
          if not is_duplicate(ARGV[i]) then
            call('XADD', stream, '*', unpack(ARGV, i + 2, behind - 1))
            is_in(ARGV[i])
          end
          done = text
        end
        i = behind
      end
    elseif kind == 's' then  -- taken for duplicates before they were processed
      for k = i + 2, i + 2 * count, 2 do
        if new(ARGV[k + 1]) then
          unprocessed = not is_duplicate(ARGV[k])
          if unprocessed then error('', 0) end
          done = ARGV[k + 1]
        end
      end
      i = i + 2 + 2 * count
    else  -- dropped by a processor
      for k = i + 2, i + 1 + count do
        if new(ARGV[k]) then done = ARGV[k] end
      end
      i = i + 2 + count
    end
  end
end)

-- Ids are kept of what is truly in, and of nothing else: a dead letter may come again.
local function keep_ids()
  if window.next then
    call('UNLINK', window.key)
    call('HSET', KEYS[1], 'ids', window.next .. ' ' .. table.concat(window.began, ' '))
  end
  local n = window.count
  for from = 1, n, 1000 do call('SADD', window.key, unpack(window.ids, from, math.min(from + 999, n))) end
  if n > 0 then call('PEXPIRE', window.key, window.life) end
  if window.dropped > 0 then call('HINCRBY', KEYS[1], 'duplicates', window.dropped) end
end

local reached = done and string.match(done, '%d+$') or before
if reached ~= goal then call('HSET', KEYS[1], field, owner .. ' ' .. reached .. ' ' .. last) end
if window then
  local kept, why = pcall(keep_ids)
  if ok and not kept then ok, failure = kept, why end
end

local function answer(word, text)
  local values = {word, reached, text}
  if window and (window.dropped > 0 or window.news) then
    values[3], values[4], values[5] = text or '', tostring(window.dropped), window.news
  end
  return values
end

if unprocessed and not ok then return answer('gap') end
if not ok then return answer('failed', type(failure) == 'table' and tostring(failure.err) or tostring(failure)) end
if done and bound ~= '0' then
  local trimmed = redis.pcall('XTRIM', stream, 'MAXLEN', '~', bound)
  if type(trimmed) == 'table' and trimmed.err then return answer('ok', trimmed.err) end
end
return answer('ok')
