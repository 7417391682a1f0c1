#!lua
-- leave: in good order, in two steps, or at once. Idempotent.
--
-- Begin: the member gets no lane in the next view, so that it can finish what it has. If nobody who stays is there, it
-- keeps its lane: what is published meanwhile is received by it alone.
-- Drained: the member is taken off the list, once another said that it reads the messages of the current view: what both
-- received is safe with it. If the caller has a lane in that view, this is a cut: a view of those who remain is installed, and its
-- marker ends what the caller received. It is called again with the length, until the lanes that it owns are closed; its
-- presence is renewed each time, since it still holds their messages.
-- At once: off the list as it is. If nobody is there who could go on, what is open is closed and goes to the ledger; but not what
-- somebody may come back with. Neither does the last one to leave wait for that.
--
-- ARGV   4 0 to begin, 1 if drained, 2 at once, 5 nonce of the view, 6 list ttl ms, 7 lease ms, 8 floor,
--        9 lengths ("view:length:end0/end1..." by comma) or -, 10 highest position ("view:n") or -, 11 the view whose
--        messages it reads, or -, 12 identity of the server as it joined
-- Answer leaving, view | left | cut, view | lanes (some are open that only the caller can finish, or may be: the view is
--        another one by now, or nobody said to read it who could be left behind) | nostate | nonce | identity, now
-- include common
local step, view_nonce, ttl, lease, floor, lengths, highest, reads, joined_under = unpack(ARGV, 4, 12)
lease = tonumber(lease)
local state = load_state()
local refused = refusal(state, false)
if refused then return refused end
-- The epoch that it was a member in is over: what it received may be in no stream any more, and who is in the group by now
-- need not have it. So it has not left; it joins again first.
if step ~= '2' and joined_under ~= state.identity then return {'identity', state.identity} end
local me = find_member(state.members, CALLER)
load_presence()
local function owns_any()
  for _, lane in ipairs(state.lanes) do
    if lane.owner == CALLER and not lane.closed then return true end
  end
end

-- Who departs with lanes that nobody took over goes on with them, however long it was not heard.
if not me and not presence[CALLER] and not (step == '1' and owns_any()) then return {'left'} end
take_highest(state, highest)

-- Whoever takes its lanes over takes them from nobody: it did not die of them.
local function forget_caller()
  for _, lane in ipairs(state.lanes) do
    if lane.owner == CALLER and not lane.closed then
      lane.owner = '-'
      call('HSET', STATE, lane.field, lane_record(lane))
    end
  end
  forget_presence(CALLER)
  if call('GET', LEADER) == CALLER then call('DEL', LEADER) end
  for field, value in pairs(state.fields) do
    if string.match(field, '^journal:') and string.match(value, '^%d+ %d+ %S+ (%S+)') == CALLER then call('HDEL', STATE, field) end
  end
end

-- Whether somebody who is not there may come back with a journal that can use the lane.
local function is_awaited(lane)
  for _, journal in ipairs(load_journals(state)) do
    if not present(journal.member) and lane.number >= journal.floor then return true end
  end
end

-- It is still there, and what it told before still holds.
local function stay_present(gaps)
  local record = presence[CALLER] or {view = '-', figures = NO_FIGURES, consumers = '-', text = '', rest = 1}
  record.floor, record.gaps = floor, gaps or record.gaps or '-'
  put_presence(CALLER, record, now + lease)
end

local rest, anybody, staying, alive = {}, false, false, false
for _, m in ipairs(state.members) do
  if m.id ~= CALLER then
    rest[#rest + 1] = m
    anybody = anybody or present(m.id)
    staying = staying or (not m.leaving and present(m.id))
    alive = alive or (presence[m.id] and presence[m.id].view == state.view)
  end
end

if step == '2' then
  take_lengths(state, lengths)
  forget_caller()
  if #rest == 0 then
    for _, lane in ipairs(state.lanes) do
      if not lane.closed and not is_awaited(lane) then
        declare_rest(state, lane, 'the group was stopped at once', tonumber(state.fields['highest:' .. lane.view] or '0'),
                     true)
        lane.closed = true
        call('HDEL', STATE, lane.field)
      end
    end
  end
  if not me then
    forget_closed_views(state, state.view)
    return {'left'}
  end
  local _, marker = open_view(state, rest, state.identity, view_nonce, 0, ttl)
  publish(state, marker)
  return {'left'}
end

if step == '0' then
  if not me or me.leaving then return {'leaving', state.view} end
  me.leaving = true
  if not staying then
    call('HSET', STATE, 'view:' .. state.view, state.identity .. ' ' .. format_members(state.members))
    return {'leaving', state.view}
  end
  local id, marker = open_view(state, state.members, state.identity, view_nonce, 0, ttl)
  publish(state, marker)
  return {'leaving', id}
end

if me then
  if not me.leaving then return {'leaving', state.view} end
  if not anybody then
    -- Somebody silent may be only paused: whoever leads judges that, and it takes a lease.
    if #rest > 0 then return {'lanes'} end
    for _, lane in ipairs(state.lanes) do
      -- What others may come back with need not be waited for, unless the caller can use it, too.
      local others = lane.number < tonumber(floor) and is_awaited(lane)
      if lane.view ~= state.view and not others then return {'lanes'} end
    end
  end
  if me.weight > 0 then
    -- By keys its lanes of this view may still wait for their turn, of which it hears no more behind the cut.
    if is_keyed(state) and reads ~= state.view then return {'lanes'} end
    stay_present('-')
    if call('GET', LEADER) == CALLER then call('DEL', LEADER) end
    local id, marker = open_view(state, rest, state.identity, view_nonce, 0, ttl)
    publish(state, marker)
    return {'cut', id}
  end
  if reads ~= state.view or (anybody and not alive) then return {'lanes'} end
  call('HSET', STATE, 'view:' .. state.view, state.identity .. ' ' .. format_members(rest))
  forget_caller()
  return {'left'}
end

take_lengths(state, lengths)
if owns_any() then
  stay_present()
  return {'lanes'}
end
forget_caller()
if #rest == 0 then forget_closed_views(state, state.view) end
return {'left'}
