#!lua
-- retry: puts dead letters that were processed after all into the output stream, each exactly if this same call takes
-- it out of the dead-letter stream. So whoever retries, how many at once and however often, a message gets in once. Run
-- by `tributary dead retry` only, never by a node, and no state of the group is touched: what was dead-lettered is
-- committed.
--
-- A dead letter is deleted last, because only adding can fail for reasons that the message has (it may be too large).
-- The right to delete is tried first: without it the message would be in both streams.
--
-- KEYS   output stream, dead-letter stream
-- ARGV   1 stream bound or 0, 2... for each letter its id and a run of one entry (see src/process/entries.hpp):
--        "t" 1 <field> <consumer id> <value> <position> | "g" 1 <number of args> <field> <value> ... | "n" 1 <position>
-- Answer for each letter appended | dropped | gone; after the first that failed, only: failed, error
local call = redis.call
local stream, dead = KEYS[1], KEYS[2]
call('XDEL', dead, '0-0')  -- there never is such an entry

local answer = {}
local added = false
local i, size = 2, #ARGV
while i <= size do
  local id, kind = ARGV[i], ARGV[i + 1]
  local first, last, fields  -- of the entry's arguments
  if kind == 't' then
    last = i + 6
    fields = {ARGV[i + 3], ARGV[i + 5], 'consumer_id', ARGV[i + 4], 'processed', '1', 'position', ARGV[last]}
  elseif kind == 'g' then
    first, last = i + 4, i + 3 + tonumber(ARGV[i + 3])
  elseif kind == 'n' then
    last = i + 3
  else
    error('ERR retry does not know runs of kind ' .. tostring(kind), 0)
  end

  if #call('XRANGE', dead, id, id) == 0 then
    answer[#answer + 1] = 'gone'
  elseif kind == 'n' then
    call('XDEL', dead, id)
    answer[#answer + 1] = 'dropped'
  else
    local reply
    if fields then
      reply = redis.pcall('XADD', stream, '*', unpack(fields))
    else
      reply = redis.pcall('XADD', stream, '*', unpack(ARGV, first, last))
    end
    if type(reply) == 'table' and reply.err then
      answer[#answer + 1] = 'failed'
      answer[#answer + 1] = reply.err
      break
    end
    call('XDEL', dead, id)
    added = true
    answer[#answer + 1] = 'appended'
  end
  i = last + 1
end
if added and ARGV[1] ~= '0' then redis.pcall('XTRIM', stream, 'MAXLEN', '~', ARGV[1]) end
return answer
