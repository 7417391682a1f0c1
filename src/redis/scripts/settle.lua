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
-- Answer (a status) ok <position> | gap <position> | fenced <owner> | gone | failed <position> [error]
local call, pcall = redis.call, redis.pcall
local field = 'lane:' .. ARGV[2]
local record = pcall('HGET', KEYS[1], field)
local owner, position, last
if type(record) == 'string' then owner, position, last = string.match(record, '^(%S+) (%S+) (%S+)$') end

local function position_of(entry) return entry and entry[2][#entry[2]] end

-- Entries of one transaction to one stream go in from the first on or not at all: the last one speaks for all.
local function is_in(key, count, text)
  return count == '0' or position_of(pcall('XREVRANGE', key, '+', '-', 'COUNT', '1')[1]) == text
end

-- Nobody else appends within a transaction, so what it appended is what is newest, down to its first entry. If appending is
-- impossible (a right taken away, ids used up), it has appended nothing: what is newest then is somebody's good entry.
local function take_back(key, count, first)
  if count == '0' then return end
  local probe = pcall('XADD', key, '*', 'field', 'value')
  if type(probe) == 'table' then return end
  call('XDEL', key, probe)
  local ids = {}
  for _, entry in ipairs(pcall('XREVRANGE', key, '+', '-', 'COUNT', count)) do
    ids[#ids + 1] = entry[1]
    if position_of(entry) == first then
      for i = 1, #ids, 1000 do call('XDEL', key, unpack(ids, i, math.min(i + 999, #ids))) end
      return
    end
  end
end

local answer
if not record then answer = 'gone'
elseif type(record) == 'table' then answer = 'failed 0 ' .. record.err
elseif owner ~= ARGV[1] then answer = 'fenced ' .. owner
elseif tonumber(position) ~= tonumber(ARGV[3]) then answer = 'gap ' .. position
elseif not (is_in(KEYS[2], ARGV[6], ARGV[8]) and is_in(KEYS[3], ARGV[9], ARGV[11])) then answer = 'failed ' .. position
else
  if last ~= '-' and tonumber(ARGV[4]) >= tonumber(last) then
    call('HDEL', KEYS[1], field)
  else
    call('HSET', KEYS[1], field, owner .. ' ' .. ARGV[4] .. ' ' .. last)
  end
  if ARGV[5] ~= '0' then pcall('XTRIM', KEYS[2], 'MAXLEN', '~', ARGV[5]) end
  return redis.status_reply('ok ' .. ARGV[4])
end
take_back(KEYS[2], ARGV[6], ARGV[7])
take_back(KEYS[3], ARGV[9], ARGV[10])
return redis.status_reply(answer)
