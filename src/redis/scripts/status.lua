#!lua flags=no-writes
-- status: everything there is to know about the group, read in one step.
--
-- KEYS   9 dead-letter stream, 10... the ring of sets of ids (commit.lua)
-- Answer field, value pairs as one flat list: every state field as it is; then member:<id>:<field>, leader, time (ms), consumers,
--        entries-added, stream-length, dead-length, losses-length, with a window for ids ids-kept, ids-window
--        and ids-reach (ms),
--        server-identity, desired:<field>, desired-type if it is
--        no hash; of each listed member consumers:<id> = "<with a sign of life> <numbers without one, by comma, or ->"
-- include common
local MOST_CONSUMERS_CHECKED, MOST_SILENT_NAMED = 10000, 16
local DEAD = KEYS[9]
local answer = call('HGETALL', STATE)
local function add(field, value)
  answer[#answer + 1] = field
  answer[#answer + 1] = tostring(value)
end
load_presence()
for id, record in pairs(presence) do
  local function tell(field, value) add('member:' .. id .. ':' .. field, value) end
  tell('floor', record.floor)
  tell('gaps', record.gaps)
  tell('view', record.view)
  local i = 0
  for value in string.gmatch(record.figures .. '/', '([^/]*)/') do
    i = i + 1
    if value ~= '' then tell(FIGURES[i] or '?', value) end
  end
  for field, value in string.gmatch(string.sub(record.text, record.rest), '\n(%S+) ([^\n]*)') do tell(field, value) end
end
local function stream_length(key) return call('EXISTS', key) == 1 and call('XLEN', key) or 0 end
add('leader', call('GET', LEADER) or '-')
add('time', string.format('%.0f', now))
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
add('dead-length', stream_length(DEAD))
add('losses-length', stream_length(LOSSES))
local ids = call('HGET', STATE, 'ids')
if ids and string.find(call('HGET', STATE, 'fingerprint') or '', ', dedup window ', 1, true) then
  local kept, ended = 0, nil
  for k = 10, #KEYS do kept = kept + call('SCARD', KEYS[k]) end
  local span, times = string.match(ids, '^%d+ (%d+)(.*)$')
  local window, reach, sets = tonumber(span), 0, 0
  for began in string.gmatch(times, '%d+') do
    sets = sets + 1
    if ended and now - ended >= window then break end
    reach, ended = now - tonumber(began), tonumber(began)
  end
  if sets < #KEYS - 9 then reach = window end  -- none was emptied yet
  add('ids-kept', kept)
  add('ids-window', span)
  add('ids-reach', string.format('%.0f', math.min(math.max(reach, 0), window)))
end
local readable, identity = pcall(server_identity)
add('server-identity', readable and identity or '-')

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
  local active, silent, alive = 0, {}, {}
  for first, last in string.gmatch(presence[m.id] and presence[m.id].consumers or '', '(%d+)-?(%d*)') do
    for k = tonumber(first), math.min(tonumber(last) or tonumber(first), m.weight) do alive[k] = true end
  end
  for k = 1, m.weight do
    if alive[k] then
      active = active + 1
    elseif #silent < MOST_SILENT_NAMED then
      silent[#silent + 1] = k
    end
  end
  add('consumers:' .. m.id, active .. ' ' .. (#silent > 0 and table.concat(silent, ',') or '-'))
end
return answer
