#!lua
-- install: a new view in place of the one named. Safe whoever calls it, because it compares first.
-- A member that is left out but present after all (it came back meanwhile) stays.
--
-- ARGV   4 view it replaces, 5 nonce of the new view, 6 members ("id/weight" by comma), 7 list ttl ms
-- Answer ok, view | changed, current view | nostate | nonce | identity, now | nomember
-- include common
local previous, view_nonce, wanted, ttl = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local state = load_state()
local refused = refusal(state, true)
if refused then return refused end
if state.view ~= previous then return {'changed', state.view} end
load_presence()

local weights = {}
for id, weight in string.gmatch(wanted, '([^/,]+)/(%d+)') do weights[id] = tonumber(weight) end
local members = {}
for _, m in ipairs(state.members) do
  if weights[m.id] then
    m.weight = weights[m.id]
    members[#members + 1] = m
  elseif presence[m.id] then
    members[#members + 1] = m
  end
end
local id, marker = open_view(state, members, state.identity, view_nonce, 0, ttl)
publish(state, marker)
return {'ok', id}
