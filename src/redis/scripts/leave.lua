#!lua
-- leave: in two steps. First the member gets a view without weight and goes on as a standby; drained, it is taken off the
-- list. Idempotent.
--
-- ARGV   4 0 to begin, 1 if drained, 2 at once: off the list as it is, and if nobody is left on it, what is open is
--        closed and goes to the loss ledger, 5 nonce of the view, 6 list ttl ms, 7 if drained: messages counted in a
--        view without lanes
-- Answer leaving, view | left | lanes (the only member, and a lane of an earlier view is open) |
--        nostate | nonce | identity, now
-- include common
local step, view_nonce, ttl = ARGV[4], ARGV[5], ARGV[6]
local state = load_state()
local refused = refusal(state, false)
if refused then return refused end
local me = find_member(state.members, CALLER)
if not me then return {'left'} end

local function forget_caller()
  call('DEL', member_key(CALLER))
  call('SREM', MEMBERS, CALLER)
  if call('GET', LEADER) == CALLER then call('DEL', LEADER) end
end

local rest = {}
for _, m in ipairs(state.members) do
  if m.id ~= CALLER then rest[#rest + 1] = m end
end

if step == '2' then
  forget_caller()
  if #rest == 0 then
    for _, lane in ipairs(state.lanes) do
      local highest = math.max(tonumber(state.fields['highest:' .. lane.view] or '0'), lane.last or 0)
      lane.closed = true
      call('HDEL', STATE, lane.field)
      if not (lane.last and lane.position >= lane.last) then
        declare_loss('the group was stopped at once', 'view', lane.view, 'lane', tostring(lane.index), 'after',
                     string.format('%.0f', lane.position), 'to',
                     highest > lane.position and string.format('%.0f', highest) or '?', 'by', CALLER)
      end
    end
  end
  local _, marker = open_view(state, rest, state.identity, view_nonce, 0, ttl)
  publish(marker)
  return {'left'}
end

if step == '0' then
  if me.leaving then return {'leaving', state.view} end
  me.leaving = true
  local id, marker = open_view(state, state.members, state.identity, view_nonce, 0, ttl)
  publish(marker)
  return {'leaving', id}
end

if not me.leaving then return {'leaving', state.view} end
if #state.members == 1 then
  for _, lane in ipairs(state.lanes) do
    if lane.view ~= state.view then return {'lanes'} end
  end
end
call('HSET', STATE, 'view:' .. state.view, state.identity .. ' ' .. format_members(rest))
forget_caller()
if #rest == 0 then
  if tonumber(ARGV[7] or '0') > 0 then
    declare_loss('received after the last member began to leave', 'view', state.view, 'lane', '-', 'after', '0', 'to',
                 ARGV[7], 'messages', ARGV[7], 'by', CALLER)
  end
  write_consumers(rest, ttl)
  forget_closed_views(state, state.view)
end
return {'left'}
