#!lua flags=no-writes
-- letters: the newest dead letters for who looks at them, however large they are: payloads are cut, and what is read is
-- bounded. Run by nodes for those who ask them over HTTP, and by nobody else; no state of the group is touched.
--
-- KEYS   dead-letter stream
-- ARGV   1 how many to show, 2 how many to read for their reasons, 3 bytes of a payload to show, 4 only this id or -
-- Answer length of the stream, how many were read, {reason, count, ...}, then for each shown {id, bytes of the payload, its
--        beginning, field, value, ...}
local MOST_BYTES, IN_A_ROW, MOST_REASONS, LONGEST_VALUE = 8388608, 20, 50, 1000
local call = redis.call
local stream, show, read, payload_bytes, only = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local known = {message_id = true, reason = true, attempts = true, consumer_id = true, position = true, channel = true}
if call('EXISTS', stream) == 0 then return {0, 0, {}} end
local answer = {call('XLEN', stream), 0, {}}
local counts, order, bytes, seen = {}, {}, 0, 0
local from, to = '+', '-'
if only ~= '-' then from, to, read = only, only, 1 end
while seen < read and bytes < MOST_BYTES do
  local entries = call('XREVRANGE', stream, from, to, 'COUNT', math.min(IN_A_ROW, read - seen))
  for _, entry in ipairs(entries) do
    seen = seen + 1
    local letter, payload, reason = {entry[1]}, '', '(no reason)'
    for i = 1, #entry[2], 2 do
      local field, value = entry[2][i], entry[2][i + 1]
      bytes = bytes + #field + #value
      if field == 'payload' then
        payload = value
      elseif known[field] then
        value = string.sub(value, 1, LONGEST_VALUE)
        if field == 'reason' then reason = value end
        letter[#letter + 1] = field
        letter[#letter + 1] = value
      end
    end
    if not counts[reason] and #order < MOST_REASONS then
      counts[reason] = 0
      order[#order + 1] = reason
    end
    if counts[reason] then counts[reason] = counts[reason] + 1 end
    table.insert(letter, 2, #payload)
    table.insert(letter, 3, string.sub(payload, 1, payload_bytes))
    if seen <= show then answer[#answer + 1] = letter end
    from = '(' .. entry[1]
  end
  if #entries < IN_A_ROW then break end
end
answer[2] = seen
for i, reason in ipairs(order) do
  answer[3][2 * i - 1] = reason
  answer[3][2 * i] = counts[reason]
end
return answer
