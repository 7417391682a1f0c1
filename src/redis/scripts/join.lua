#!lua
-- join: this member replaces all that its node was before, and the view with it is installed in the same step.
-- Idempotent: called again by a member that is already listed, it only answers.
-- A group of an older protocol version in which nobody is left and nothing is open goes on with this one's.
--
-- ARGV   4 weight, 5 former members (comma) or -, 6 highest view number ever seen, 7 fingerprint, 8 protocol version,
--        9 nonce of the view, 10 nonce of the group if there is none, 11 list ttl ms, 12 lease ms,
--        13 identities of views seen (comma) or -, 14 views held (comma) or -, 15... presence as field, value
-- Answer ok, view, members, identity, group nonce, tick, who was there before: others, silent (some are listed, but of
--        none is there a sign) or nobody
--        wrongtype, key, type, wanted | list, key, group | protocol, theirs | fingerprint, theirs |
--        full, open lanes: too many for somebody new
-- include common
local weight, former, highest = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local fingerprint, protocol, view_nonce, group_nonce = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local ttl, lease, seen = ARGV[11], tonumber(ARGV[12]), ARGV[13]
if former == '-' then former = '' end
if seen == '-' then seen = '' end

local wanted = {[STATE] = 'hash', [MEMBERS] = 'hash', [LEADER] = 'string', [LOSSES] = 'stream', [STREAM] = 'stream',
                [LIST] = 'list', [LIST_GROUP] = 'string', [DESIRED] = 'hash'}
local of_version_1 = false  -- in which the members are a set; taken over below, or refused with its state
for _, key in ipairs(KEYS) do
  local kind = call('TYPE', key).ok
  if kind == 'set' and key == MEMBERS then
    of_version_1 = true
  elseif kind ~= 'none' and kind ~= wanted[key] then
    return {'wrongtype', key, kind, wanted[key]}
  end
end
local list_group = call('GET', LIST_GROUP)
if list_group and list_group ~= GROUP then return {'list', LIST, list_group} end

-- Of the state of a later version no more is read than this field: the rest may mean something else there.
local theirs = call('HGET', STATE, 'protocol')
local older = theirs and (tonumber(theirs) or math.huge) < tonumber(protocol)
if theirs and theirs ~= protocol and not older then return {'protocol', theirs} end

local identity = server_identity()
local state = load_state()
-- A group whose nodes have all drained and left holds nothing that an older version would have to finish.
if older and state and (#state.members > 0 or #state.lanes > 0) then return {'protocol', theirs} end
if of_version_1 and not older then return {'wrongtype', MEMBERS, 'set', wanted[MEMBERS]} end
if of_version_1 then call('DEL', MEMBERS) end
load_presence()

local function answer(who)
  return {'ok', state.view, format_members(state.members), state.identity, state.fields.nonce,
          state.fields.tick or '0', who}
end

local differs = state and state.fields.fingerprint ~= fingerprint
if state then
  if differs then
    local live = false
    for _, m in ipairs(state.members) do live = live or presence[m.id] ~= nil end
    if live then return {'fingerprint', state.fields.fingerprint} end
  end
  if state.identity == identity and find_member(state.members, CALLER) then
    local by, who = string.match(state.fields.founder or '', '^(%S+) (%S+)$')
    return answer(by == CALLER and who or 'others')
  end
end

local was = {}
for id in string.gmatch(former, '[^,]+') do was[id] = true end
local seen_now = false
for id in string.gmatch(seen, '[^,]+') do seen_now = seen_now or id == identity end

local members, started = {}, false
local before = state and #state.members > 0 and state.identity
if state and #state.lanes >= MOST_OPEN_LANES then
  local known = false
  for _, m in ipairs(state.members) do known = known or was[m.id] end
  if not known then return {'full', tostring(#state.lanes)} end
end
if not state then
  -- Nothing at all, not even a stream that ever had an entry, under a server this node never saw: Redis went back to
  -- nothing, and views may be revived. Any trace of a group: somebody deleted its state, and in doubt nothing is appended.
  local traces = call('EXISTS', MEMBERS, LEADER, LOSSES)
  local entries = 0
  if call('EXISTS', STREAM) == 1 then
    local info = call('XINFO', 'STREAM', STREAM)
    for i = 1, #info, 2 do
      if info[i] == 'entries-added' then entries = info[i + 1] end
    end
  end
  state = {fields = {nonce = group_nonce}, lanes = {}, epochs = {}, members = {}}
  call('DEL', STATE)
  call('HSET', STATE, 'nonce', group_nonce, 'protocol', protocol, 'order', '0', 'tick', '0',
       'nothing', (entries == 0 and traces == 0 and not seen_now) and identity or '-',
       'born', string.format('%.0f', (tonumber(highest) or 0) + 1))
  started = true
elseif state.identity ~= identity then
  -- The epoch is over. What the server lost after its last surviving view is not known to it.
  local order = #state.epochs > 0 and state.epochs[#state.epochs].order or 0
  local epoch = {identity = state.identity, order = order + 1, last = number_of(state.view), revived = '-'}
  for i, known in ipairs(state.epochs) do
    if known.identity == state.identity then
      epoch.revived = known.revived
      table.remove(state.epochs, i)
      break
    end
  end
  state.epochs[#state.epochs + 1] = epoch
  call('HSET', STATE, 'epoch:' .. epoch.identity, epoch.order .. ' ' .. epoch.last .. ' ' .. epoch.revived)
  declare_loss('possible', 'epoch ended: later views unknown', 'view', state.view, 'identity', state.identity)
  started = true
end
-- Who is silent and reads other channels, or another kind of them, will never read this view's marker: it goes on as no
-- member, and learns why when it comes.
if started or differs then
  call('DEL', MEMBERS, LEADER)
  presence = {}
  call('HDEL', STATE, 'digests')
else
  for _, m in ipairs(state.members) do
    if not was[m.id] then members[#members + 1] = m end
  end
  for id in pairs(was) do
    forget_presence(id)
    if call('GET', LEADER) == id then call('DEL', LEADER) end
  end
end

-- An identity that the joiner saw and that left no record: none of its views survived.
for known in string.gmatch(seen, '[^,]+') do
  local recorded = known == identity
  for _, epoch in ipairs(state.epochs) do recorded = recorded or epoch.identity == known end
  if not recorded then
    local order = #state.epochs > 0 and state.epochs[#state.epochs].order or 0
    local epoch = {identity = known, order = order + 1, last = 0, revived = '-'}
    state.epochs[#state.epochs + 1] = epoch
    call('HSET', STATE, 'epoch:' .. known, epoch.order .. ' 0 -')
    declare_loss('possible', 'epoch lost: none of its views survived', 'identity', known)
  end
end
while #state.epochs > EPOCHS_KEPT do
  local oldest = table.remove(state.epochs, 1)
  local trimmed = math.max(tonumber(state.fields.trimmed or '0'), oldest.last)
  for view in string.gmatch(oldest.revived, '[^+]+') do trimmed = math.max(trimmed, number_of(view) or 0) end
  state.fields.trimmed = string.format('%.0f', trimmed)
  call('HSET', STATE, 'trimmed', state.fields.trimmed)
  call('HDEL', STATE, 'epoch:' .. oldest.identity)
end

-- What its node was before goes on in it: no lane that it can serve changes hands, and none has to be claimed.
local holds = {}
for view in string.gmatch(ARGV[14], '[^,]+') do holds[view] = true end
for _, lane in ipairs(state.lanes) do
  if was[lane.owner] and holds[lane.view] then
    lane.owner = CALLER
    call('HSET', STATE, lane.field, lane_record(lane))
  end
end

-- In another epoch of the same process those of the one before read the same messages; in another process nobody did.
local goes_on = started and before and string.match(before, '^%x+') == string.match(identity, '^%x+')
local who = #members == 0 and not goes_on and 'nobody' or 'silent'
for _, m in ipairs(members) do
  if present(m.id) then who = 'others' end
end
local order = call('HINCRBY', STATE, 'order', 1)
call('HSET', STATE, 'fingerprint', fingerprint, 'protocol', protocol)
state.fields.fingerprint = fingerprint
if who ~= 'others' then call('HSET', STATE, 'founder', CALLER .. ' ' .. who) end
members[#members + 1] = {id = CALLER, weight = weight, order = order, leaving = false}
local _, marker = open_view(state, members, identity, view_nonce, highest, ttl, who ~= 'others')
-- Of the views it holds it does not know yet which the server lost.
be_present(lease, '0', '-', '-', 15, ARGV[14] ~= '-' and '0' or '')
publish(state, marker)
return answer(who)
