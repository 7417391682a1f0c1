#!lua
-- sweep: ends lanes that nobody can serve any more, and says so in the loss ledger. A late or repeated call does nothing:
-- view and position are compared, and so is every member's floor, and that of each journal that may come back.
--
-- ARGV   4 view the leader saw, 5... lane ("view:index"), position
-- Answer ok, lanes acted on | changed, current view | nostate | nonce | identity, now | nomember
-- include common
local state = load_state()
local refused = refusal(state, true)
if refused then return refused end
if state.view ~= ARGV[4] then return {'changed', state.view} end
load_presence()

local floor, gaps = nil, {}
local counted = {}
local function take_gaps(text)
  for lane, n in string.gmatch(text, '([^,]+):(%d+)') do
    gaps[lane] = math.min(gaps[lane] or tonumber(n), tonumber(n))
  end
end
local function count(id)
  if counted[id] then return end
  counted[id] = true
  local record = presence[id]
  local theirs = record and tonumber(record.floor) or 0
  floor = math.min(floor or theirs, theirs)
  take_gaps(record and record.gaps or '')
end
for _, m in ipairs(state.members) do count(m.id) end
for id in pairs(presence) do count(id) end
-- Who is not there, but may come back with its journal.
for _, journal in ipairs(load_journals(state)) do
  floor = math.min(floor, journal.floor)
  take_gaps(journal.gaps)
end

local asked, acted = {}, 0
for i = 5, #ARGV, 2 do asked[ARGV[i]] = tonumber(ARGV[i + 1]) end
for _, lane in ipairs(state.lanes) do
  local name = lane.view .. ':' .. lane.index
  if asked[name] == lane.position and lane_gone(state, lane) and lane.number < number_of(state.view) and
     lane.number < floor then
    acted = acted + 1
    if gaps[name] and gaps[name] - 1 > lane.position then
      local to = gaps[name] - 1
      declare_loss('lost', 'gap: nobody holds these any more', 'view', lane.view, 'lane', tostring(lane.index), 'after',
                   string.format('%.0f', lane.position), 'to', string.format('%.0f', to), 'messages',
                   messages_between(state, lane, lane.position, to), 'by', CALLER)
      lane.position = to
      call('HSET', STATE, lane.field, lane_record(lane))
    else
      declare_rest(state, lane, 'nobody holds the rest of this lane', tonumber(state.fields['highest:' .. lane.view] or '0'))
      lane.closed = true
      call('HDEL', STATE, lane.field)
    end
  end
end
if acted > 0 then forget_closed_views(state, state.view) end
return {'ok', tostring(acted)}
