#!lua flags=no-writes
-- status: everything there is to know about the group, read in one step.
--
-- ARGV   4 dead-letter stream
-- Answer field, value pairs as one flat list: every state field as it is; then member:<id>:<field>, leader, consumers,
--        entries-added, stream-length, dead-length, losses-length, server-identity, desired:<field>, desired-type if it is
--        no hash; of each listed member consumers:<id> = "<with a sign of life> <numbers without one, by comma, or ->"
-- include common
local MOST_CONSUMERS_CHECKED, MOST_SILENT_NAMED = 10000, 16
local answer = call('HGETALL', STATE)
local function add(field, value)
  answer[#answer + 1] = field
  answer[#answer + 1] = tostring(value)
end
for _, id in ipairs(call('SMEMBERS', MEMBERS)) do
  local presence = call('HGETALL', member_key(id))
  for i = 1, #presence, 2 do add('member:' .. id .. ':' .. presence[i], presence[i + 1]) end
end
local function stream_length(key) return call('EXISTS', key) == 1 and call('XLEN', key) or 0 end
add('leader', call('GET', LEADER) or '-')
add('consumers', call('LLEN', LIST))
local added = 0
if call('EXISTS', STREAM) == 1 then
  local info = call('XINFO', 'STREAM', STREAM)
  for i = 1, #info, 2 do
    if info[i] == 'entries-added' then added = info[i + 1] end
  end
end
add('entries-added', added)
add('stream-length', stream_length(STREAM))
add('dead-length', stream_length(ARGV[4]))
add('losses-length', stream_length(LOSSES))
add('server-identity', server_identity())

local kind = call('TYPE', DESIRED).ok
if kind == 'hash' then
  local desired = call('HGETALL', DESIRED)
  for i = 1, #desired, 2 do add('desired:' .. desired[i], desired[i + 1]) end
elseif kind ~= 'none' then
  add('desired-type', kind)
end

local state = load_state()
local checked = 0
for _, m in ipairs(state and state.members or {}) do
  checked = checked + m.weight
  if checked > MOST_CONSUMERS_CHECKED then break end
  local active, silent = 0, {}
  for k = 1, m.weight do
    if call('EXISTS', PREFIX .. 'consumer:' .. m.id .. '.' .. k) == 1 then
      active = active + 1
    elseif #silent < MOST_SILENT_NAMED then
      silent[#silent + 1] = k
    end
  end
  add('consumers:' .. m.id, active .. ' ' .. (#silent > 0 and table.concat(silent, ',') or '-'))
end
return answer
