#!lua
-- beat: proof of life of a member, both its connections; learns everything it needs to know in one call.
--
-- ARGV   4 last tick read, 5 what it counted at that tick ("tick/view/count/digest") or -, 6 floor,
--        7 gaps ("view:index:position" by comma) or -, 8 lengths ("view:length:end0/end1..." by comma) or -,
--        9 highest position ("view:n") or -, 10 lease ms, 11 list ttl ms, 12 ticks it may lag behind,
--        13 nonce for a view, should one be needed, 14 1 if the leader should publish a tick,
--        15 numbers of the consumers that make progress or are idle ("1-4,6") or -, 16... presence as field, value
-- Answer ok, view, leader, tick, members ("id/weight/order/leaving/present" by comma),
--        lanes ("view:index:owner:position:end" by blank),
--        figures of each member in the same order ("capacity/received/committed/backlog/busy/hanging/holds/lost" by comma,
--        what is missing is empty; holds: lanes of earlier views whose next message it holds, joined by +; lost: number of
--        the first view it holds of which it does not know whether the server lost it),
--        number of a view: of those below it nobody who is present holds what is not among the lanes (with an order key),
--        desired: state, how, consumers, minimum, maximum, batch_size, idle_timeout_ms, changed_by (empty: not set), or
--        nothing if the key is no hash
--        nostate | nonce | identity, now | nomember, why | stale, tick
-- include common
local last_tick, counted, floor, gaps = tonumber(ARGV[4]), ARGV[5], ARGV[6], ARGV[7]
local lengths, highest, lease, ttl = ARGV[8], ARGV[9], tonumber(ARGV[10]), ARGV[11]
local lag, view_nonce, wants_tick, consumers = tonumber(ARGV[12]), ARGV[13], ARGV[14] == '1', ARGV[15]
local DIGESTS_KEPT = 4

local state = load_state()
local refused = refusal(state, true)
if refused then return refused end
local tick = tonumber(state.fields.tick or '0')
if last_tick + lag < tick then return {'stale', tostring(tick)} end
load_presence()
local marker

-- Members that passed the same tick in the same view must have counted the same messages. The younger of two that
-- differ is expelled: its server, proxy or subscription is not like the others'.
local function check_digest()
  local at, view, count, digest = string.match(counted, '^(%d+)/([^/]+)/(%d+)/(%x+)$')
  if not at then return end
  local kept, same_tick = {}, nil
  for entry in string.gmatch(state.fields.digests or '', '[^,]+') do
    kept[#kept + 1] = entry
    local e_at, e_view, e_count, e_digest, e_member = string.match(entry, '^(%d+)/([^/]+)/(%d+)/(%x+)/(.+)$')
    if e_at == at and e_view == view then
      same_tick = {count = e_count, digest = e_digest, member = e_member}
    end
  end
  if not same_tick then
    kept[#kept + 1] = counted .. '/' .. CALLER
    while #kept > DIGESTS_KEPT do table.remove(kept, 1) end
    call('HSET', STATE, 'digests', table.concat(kept, ','))
  elseif same_tick.count ~= count or same_tick.digest ~= digest then
    return find_member(state.members, same_tick.member), at
  end
end

local other, at = check_digest()
if other then
  local me = find_member(state.members, CALLER)
  local younger, older = me, other
  if other.order > me.order then younger, older = other, me end
  local members = {}
  for _, m in ipairs(state.members) do
    if m.id ~= younger.id then members[#members + 1] = m end
  end
  local why = 'its messages differ from those of ' .. older.id .. ' at tick ' .. at
  declare_loss('possible', 'digest mismatch', 'member', younger.id, 'other', older.id, 'tick', at, 'view', state.view)
  call('HSET', STATE, 'expelled', younger.id .. ' ' .. why)
  call('HDEL', STATE, 'digests')
  local _
  _, marker = open_view(state, members, state.identity, view_nonce, 0, ttl)
  forget_presence(younger.id)
  if younger == me then
    publish(state, marker)
    return {'nomember', why}
  end
end

take_lengths(state, lengths)
take_highest(state, highest)

be_present(lease, floor, gaps, consumers, 16)
-- Nobody is present for longer than a lease from now on: the server's clock may have been set back.
for id, record in pairs(presence) do
  if record.deadline > now + lease then put_presence(id, record, now + lease) end
end

local weights = 0
for _, m in ipairs(state.members) do weights = weights + m.weight end
if list_is_ours() and (call('LLEN', LIST) ~= weights or
                       call('PEXPIRE', LIST, ttl) + call('PEXPIRE', LIST_GROUP, ttl) < 2) then
  write_consumers(state.members, ttl)
end

local leader = call('GET', LEADER)
if not leader or not present(leader) then
  call('SET', LEADER, CALLER, 'PX', ARGV[10])
  leader = CALLER
elseif leader == CALLER then
  call('PEXPIRE', LEADER, ARGV[10])
end
if leader == CALLER then
  forget_closed_views(state, state.view)
  for _, id in ipairs(lapsed) do
    if not presence[id] then forget_presence(id) end
  end
  -- Nobody came back with these.
  for field, value in pairs(state.fields) do
    local deadline = string.match(field, '^journal:') and string.match(value, '^%d+')
    if deadline and tonumber(deadline) <= now then call('HDEL', STATE, field) end
  end
end

local members, lanes, figures = {}, {}, {}
for i, m in ipairs(state.members) do
  local record = presence[m.id]
  members[i] = m.id .. '/' .. m.weight .. '/' .. m.order .. '/' .. (m.leaving and '1' or '0') .. '/' ..
               (record and '1' or '0')
  figures[i] = record and record.figures or NO_FIGURES
end
if marker then  -- a digest mismatch opened a view just now: read its lanes too
  state = load_state()
end
for _, lane in ipairs(state.lanes) do
  if not lane.closed then
    lanes[#lanes + 1] = lane.view .. ':' .. lane.index .. ':' .. lane.text
  end
end
if leader == CALLER and wants_tick then
  tick = tick + 1
  call('HSET', STATE, 'tick', string.format('%.0f', tick))
end
if marker then publish(state, marker) end
if leader == CALLER and wants_tick then
  publish(state, 'tributary/1 tick ' .. NONCE .. ' ' .. string.format('%.0f', tick) .. ' ' .. state.identity)
end
-- Views that the server lost are revived by who holds them; until then nobody knows what comes first.
local known_below = number_of(state.view)
if is_keyed(state) then
  for _, record in pairs(presence) do
    known_below = math.min(known_below, tonumber(string.match(record.figures, '[^/]*$')) or known_below)
  end
end
local answer = {'ok', state.view, leader, string.format('%.0f', tick),
                #members > 0 and table.concat(members, ',') or '-', table.concat(lanes, ' '), table.concat(figures, ','),
                string.format('%.0f', known_below)}
local readable, desired = pcall(call, 'HMGET', DESIRED, 'state', 'how', 'consumers', 'minimum', 'maximum', 'batch_size',
                                'idle_timeout_ms', 'changed_by')
if readable and not desired.err then
  for i = 1, 8 do answer[#answer + 1] = desired[i] or '' end
end
return answer
