#!lua
-- settle: the last command of a transaction whose commands before it append entries, each as an XADD of its own. Nobody
-- sees anything of a transaction before its end, so this is the place to ask whether the entries may be in: if the
-- lane is the member's and stands where the first entry follows, the position moves; if not, the entries are
-- taken back. Together that is the same as commit: all of it or nothing, in one step.
--
-- Why not the commit script alone: what goes through Lua is copied twice and every byte of it is hashed. Large entries cost
-- the server half as much as plain commands, and many small ones a tenth less.
--
-- Sent as a text (EVAL), never by its name: a server that forgot the name would refuse it after it has appended.
--
-- KEYS   state, output stream, dead-letter stream
-- ARGV   1 member, 2 lane ("view:index"), 3 position before the first entry, 4 position of the last one, 5 stream bound or 0,
--        6 number of entries in the output stream, 7 and 8 texts of the positions of the first and the last, 9 to 11 the
--        same of dead letters
-- Answer (a status) ok <position> [why the stream was not trimmed] | and with the number of entries that were taken back:
--        gap <position> <n> | fenced <owner> <n> | gone - <n> | failed <position> <n> [error] |
--        stuck <error>: what is in could not be looked at, or not be taken back
local pcall = redis.pcall
local field = 'lane:' .. ARGV[2]

local function failed(reply) return type(reply) == 'table' and reply.err end
-- The error says what it was that failed: which right is missing, it does not tell by itself.
local function ask(...)
  local reply = pcall(...)
  if failed(reply) then reply = {err = ... .. ': ' .. reply.err} end
  return reply
end
local function position_of(entry) return entry and entry[2][#entry[2]] end

-- Entries of one transaction to one stream go in from the first on or not at all: the last one speaks for all. An error is
-- never taken for an empty answer.
local function is_in(key, count, text)
  if count == '0' then return true end
  local newest = ask('XREVRANGE', key, '+', '-', 'COUNT', '1')
  if failed(newest) then return false, newest.err end
  return position_of(newest[1]) == text
end

local stuck  -- why something could not be taken back

-- Nobody else appends within a transaction, so what it appended is what is newest, down to its first entry. If appending is
-- impossible (a right taken away, ids used up), it has appended nothing: what is newest then is somebody's good entry.
-- Counters go back too: whoever asks how many entries were ever added, or how far a group of readers lags, is told of
-- none that nobody could see.
local function take_back(key, count, first)
  if count == '0' then return 0 end
  local probe = pcall('XADD', key, 'NOMKSTREAM', '*', 'field', 'value')
  if not probe or failed(probe) then return 0 end
  local info, newest = ask('XINFO', 'STREAM', key), ask('XREVRANGE', key, '+', '-', 'COUNT', tonumber(count) + 1)
  local unread = failed(info) or failed(newest)
  local ids, own = {probe}, 1
  for i = 2, unread and 0 or #newest do
    ids[i] = newest[i][1]
    if position_of(newest[i]) == first then
      own = i
      break
    end
  end
  for i = 1, own, 1000 do
    unread = failed(ask('XDEL', key, unpack(ids, i, math.min(i + 999, own)))) or unread
  end
  if unread then
    stuck = unread
    return 0
  end
  local was = {}
  for i = 1, #info, 2 do was[info[i]] = info[i + 1] end
  local deleted = was['max-deleted-entry-id']
  if deleted == '0-0' then deleted = '0-1' end  -- the server does not set it to none
  pcall('XSETID', key, was['last-generated-id'], 'ENTRIESADDED', was['entries-added'] - own, 'MAXDELETEDID', deleted)
  return own - 1
end

local function move(owner, last)
  if last ~= '-' and tonumber(ARGV[4]) >= tonumber(last) then return ask('HDEL', KEYS[1], field) end
  return ask('HSET', KEYS[1], field, owner .. ' ' .. ARGV[4] .. ' ' .. last)
end

-- Returns what keeps the entries out, and the error behind it; nothing if they may be in and the position has moved.
local function refusal()
  local record = ask('HGET', KEYS[1], field)
  if not record then return 'gone -' end
  if failed(record) then return 'failed 0', record.err end
  local owner, position, last = string.match(record, '^(%S+) (%S+) (%S+)')
  if owner ~= ARGV[1] then return 'fenced ' .. owner end
  if tonumber(position) ~= tonumber(ARGV[3]) then return 'gap ' .. position end
  for i = 0, 3, 3 do
    local there, why = is_in(KEYS[2 + i / 3], ARGV[6 + i], ARGV[8 + i])
    if not there then return 'failed ' .. position, why end
  end
  local why = failed(move(owner, last))
  if why then return 'failed ' .. position, why end
end

local function status(...)
  local text = string.gsub(table.concat({...}, ' '), '%s+', ' ')
  return redis.status_reply((string.gsub(text, ' $', '')))
end

local refused, why = refusal()
if not refused then
  local untrimmed = ARGV[5] ~= '0' and failed(ask('XTRIM', KEYS[2], 'MAXLEN', '~', ARGV[5]))
  return status('ok', ARGV[4], untrimmed or '')
end
local taken = take_back(KEYS[2], ARGV[6], ARGV[7]) + take_back(KEYS[3], ARGV[9], ARGV[10])
if stuck then return status('stuck', stuck) end
return status(refused, taken, why or '')
