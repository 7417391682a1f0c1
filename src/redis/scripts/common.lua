-- Shared by every script but commit.lua: reading the group's state, making a view, writing the loss ledger.
--
-- KEYS   state, members, leader, losses, output stream, consumers list, the list's group, desired; of desire and status one
--        more. No script touches a key that is not among them.
-- ARGV   1 group, 2 calling member, 3 group nonce the member joined under; the rest is each script's own, but the last one:
--        identity of the server as the connection read it, where scripts may not read it themselves, or -
--
-- State is one hash, so that it is there whole or not at all (formats: docs/protocol.md, "State in Redis"):
--   nonce protocol fingerprint founder order tick digests trimmed
--   nothing               the identity under which the group began if nothing was there before, not even entries, or -
--   born                  number of the group's first view
--   view                  id of the current view
--   view:<id>             "<identity> <members>"; members are "id/weight/order/leaving", joined by commas, "-" if none
--   length:<id>           the view's last position, once somebody knows it
--   highest:<id>          highest position that a member reported
--   lane:<id>:<index>     "<owner or -> <position> <end or ->"
--   ids, duplicates       with a window for ids: which sets hold them since when, and what was dropped (commit.lua)
--   expelled              "<member> <why>": the last member whose messages differed from another's
--   epoch:<identity>      "<order> <last surviving number> <revived views joined by + or ->"
--   journal:<directory>   "<deadline> <floor> <gaps> <member> <host>": what a node with a journal directory told last; until its
--                         deadline it may come back with what it held
--
-- Presence is another: a field for each member that has it or had it. First what the protocol goes by, "-" if there is none,
-- then a line for each thing that only `status` shows:
--   <member>              "<deadline> <floor> <gaps> <view> <figures> <consumers>", then "<field> <value>"
-- Who is past its deadline (by the server's clock, ms) is not present, and the leader's next beat removes it.
local STATE, MEMBERS, LEADER, LOSSES, STREAM, LIST, LIST_GROUP, DESIRED = unpack(KEYS)
local GROUP, CALLER, NONCE = ARGV[1], ARGV[2], ARGV[3]
local KNOWN_IDENTITY = table.remove(ARGV)
-- A name with a hash tag of its own goes by it.
local TAGGED = string.match(GROUP, '^[^{]*{[^}]+}')
local CONTROL = (TAGGED and 'tributary:group:' .. GROUP or 'tributary:{' .. GROUP .. '}') .. ':control'
local EPOCHS_KEPT = 8
-- What a beat reads is bounded by them: with so many it keeps the server busy for 6 to 8 ms, with none for 0.2 ms
-- (./dev bench --micro, call_beat_script).
local MOST_OPEN_LANES = 2000
local call = redis.call

local function number_of(view) return tonumber(string.match(view, '^%d+')) end

-- Which server process, and which history of data: (run_id, master_replid).
local function server_identity()
  if KNOWN_IDENTITY ~= '-' then return KNOWN_IDENTITY end
  local info = call('INFO', 'server') .. call('INFO', 'replication')
  return string.match(info, 'run_id:(%x+)') .. '/' .. string.match(info, 'master_replid:(%x+)')
end

local function parse_members(text)
  local members = {}
  for id, weight, order, leaving in string.gmatch(text, '([^/,]+)/(%d+)/(%d+)/(%d)') do
    members[#members + 1] = {id = id, weight = tonumber(weight), order = tonumber(order), leaving = leaving == '1'}
  end
  return members
end

local function format_members(members)
  if #members == 0 then return '-' end
  local parts = {}
  for i, m in ipairs(members) do
    parts[i] = m.id .. '/' .. m.weight .. '/' .. m.order .. '/' .. (m.leaving and '1' or '0')
  end
  return table.concat(parts, ',')
end

local function find_member(members, id)
  for _, m in ipairs(members) do
    if m.id == id then return m end
  end
end

local function lane_record(lane)
  return lane.owner .. ' ' .. string.format('%.0f', lane.position) .. ' ' ..
         (lane.last and string.format('%.0f', lane.last) or '-') .. (lane.deaths > 0 and ' ' .. lane.deaths or '')
end

-- The whole state, or nil if there is none. Bounded by members and open lanes, never by messages.
local function load_state()
  local flat = call('HGETALL', STATE)
  if #flat == 0 then return nil end
  local state = {fields = {}, lanes = {}, epochs = {}, members = {}}  -- fields: all but the lanes
  local numbers = {}  -- by view
  for i = 1, #flat, 2 do
    local field, value = flat[i], flat[i + 1]
    local view, index = string.match(field, '^lane:([^:]+):(%d+)$')
    if view then
      local owner, position, last, deaths = string.match(value, '^(%S+) (%S+) (%S+) ?(%S*)$')
      numbers[view] = numbers[view] or number_of(view)
      state.lanes[#state.lanes + 1] = {field = field, view = view, number = numbers[view], index = tonumber(index),
                                       owner = owner, position = tonumber(position), last = tonumber(last),
                                       deaths = tonumber(deaths) or 0,
                                       text = owner .. ':' .. position .. ':' .. last}
    else
      state.fields[field] = value
      local identity = string.match(field, '^epoch:(.+)$')
      if identity then
        local order, last, revived = string.match(value, '^(%d+) (%d+) (%S+)$')
        state.epochs[#state.epochs + 1] = {identity = identity, order = tonumber(order), last = tonumber(last),
                                           revived = revived}
      end
    end
  end
  if not state.fields.nonce or not state.fields.view then return nil end
  table.sort(state.lanes, function(a, b)
    if a.number ~= b.number then return a.number < b.number end
    if a.view ~= b.view then return a.view < b.view end
    return a.index < b.index
  end)
  table.sort(state.epochs, function(a, b) return a.order < b.order end)
  state.view = state.fields.view
  local record = state.fields['view:' .. state.view]
  if not record then return nil end
  state.identity, state.members = string.match(record, '^(%S+) (%S+)$')
  state.members = parse_members(state.members)
  return state
end

-- Refuses what is not meant for this group, this life of the server's data, or this member.
-- Returns the answer to give, or nothing if the call may go on.
local function refusal(state, must_be_listed)
  if not state then return {'nostate'} end
  if state.fields.nonce ~= NONCE then return {'nonce', state.fields.nonce} end
  local identity = server_identity()
  if identity ~= state.identity then return {'identity', identity} end
  if must_be_listed and not find_member(state.members, CALLER) then
    local id, why = string.match(state.fields.expelled or '', '^(%S+) (.+)$')
    return {'nomember', id == CALLER and why or ''}
  end
end

local FIGURES = {'capacity', 'received', 'committed', 'backlog', 'busy', 'hanging', 'holds', 'lost'}
local NO_FIGURES = string.rep('/', #FIGURES - 1)
local PLACES = {}
for i, name in ipairs(FIGURES) do PLACES[name] = i end

-- What load_presence() read: the server's time, the records of who is present, and the ids of who was.
local now, presence, lapsed

local function load_presence()
  local time = call('TIME')
  now, presence, lapsed = time[1] * 1000 + math.floor(time[2] / 1000), {}, {}
  local flat = call('HGETALL', MEMBERS)
  for i = 1, #flat, 2 do
    local deadline, floor, gaps, view, figures, consumers, rest =
      string.match(flat[i + 1], '^(%d+) (%S+) (%S+) (%S+) (%S+) (%S+)()')
    if deadline and tonumber(deadline) > now then
      presence[flat[i]] = {deadline = tonumber(deadline), floor = floor, gaps = gaps, view = view, figures = figures,
                           consumers = consumers, rest = rest, text = flat[i + 1]}
    else
      lapsed[#lapsed + 1] = flat[i]
    end
  end
end

-- The caller is alive, whatever its deadline says.
local function present(id) return id == CALLER or presence[id] ~= nil end

local function forget_presence(id)
  call('HDEL', MEMBERS, id)
  presence[id] = nil
end

local function put_presence(id, record, deadline)
  record.deadline = deadline
  record.text = string.format('%.0f', deadline) .. ' ' .. record.floor .. ' ' .. record.gaps .. ' ' .. record.view .. ' ' ..
                record.figures .. ' ' .. record.consumers .. string.sub(record.text, record.rest)
  record.rest = string.find(record.text, '\n', 1, true) or #record.text + 1
  call('HSET', MEMBERS, id, record.text)
  presence[id] = record
end

-- What journals of nodes were told to hold, if their time is not over: floor, gaps, and the member that told.
local function load_journals(state)
  local journals = {}
  for field, value in pairs(state.fields) do
    local deadline, floor, gaps, member = string.match(value, '^(%d+) (%d+) (%S+) (%S+)')
    if deadline and string.sub(field, 1, 8) == 'journal:' and tonumber(deadline) > now then
      journals[#journals + 1] = {field = field, floor = tonumber(floor), gaps = gaps, member = member}
    end
  end
  return journals
end

-- The caller is present for a lease, with what its arguments from `first` on tell as field, value. If it has a journal directory,
-- what that holds counts until `grace` after its last sign of life.
local function be_present(lease, floor, gaps, consumers, first, lost)
  local record = {floor = floor, gaps = gaps, view = '-', consumers = consumers, rest = 1}
  local figures, lines = {}, {''}
  local directory, grace, host = nil, 0, '-'
  for i in ipairs(FIGURES) do figures[i] = '' end
  figures[PLACES.lost] = lost or ''
  for i = first, #ARGV, 2 do
    local field, value = ARGV[i], ARGV[i + 1]
    if field == 'host' and value ~= '' then host = string.gsub(value, '%s', '_') end
    if field == 'directory' then
      directory = value
    elseif field == 'grace' then
      grace = tonumber(value) or 0
    elseif PLACES[field] then
      figures[PLACES[field]] = value
    elseif field == 'view' and value ~= '' then
      record.view = value
    elseif value ~= '' then
      lines[#lines + 1] = field .. ' ' .. string.gsub(value, '\n', ' ')
    end
  end
  record.figures, record.text = table.concat(figures, '/'), table.concat(lines, '\n')
  put_presence(CALLER, record, now + lease)
  if directory then
    call('HSET', STATE, 'journal:' .. directory,
         string.format('%.0f', now + grace) .. ' ' .. floor .. ' ' .. gaps .. ' ' .. CALLER .. ' ' .. host)
  end
end

-- A line for the loss ledger. kind: "lost", what is known to be; "possible", what cannot be excluded.
local function declare_loss(kind, reason, ...)
  call('XADD', LOSSES, 'MAXLEN', '~', '10000', '*', 'kind', kind, 'reason', reason, ...)
  if kind == 'lost' and call('TYPE', STATE).ok == 'hash' then call('HINCRBY', STATE, 'lost', 1) end
end

-- Whether messages fall to lanes by their keys: then a member has two, that of its index and, behind all those, another for
-- what moved to it, and only nodes know which message is in which lane.
local function is_keyed(state) return string.find(state.fields.fingerprint or '', '^keyed ') ~= nil end

local function each_lane(state, members, take)
  for i, m in ipairs(members) do
    if m.weight > 0 then
      take(m, i - 1)
      if is_keyed(state) then take(m, #members + i - 1) end
    end
  end
end

-- A lane's slots, those of all lanes of its view, and how many lanes have any; 0, 0, 0 if the view is not known.
local function slots_of(state, lane)
  local record = state.fields['view:' .. lane.view]
  local own, all, lanes = 0, 0, 0
  local members = parse_members(record and string.match(record, '^%S+ (%S+)$') or '')
  if is_keyed(state) then return own, all, lanes end
  for _, other in ipairs(state.lanes) do  -- it was, when the view was made
    if other.view == lane.view and other.index >= #members then return own, all, lanes end
  end
  for i, m in ipairs(members) do
    all = all + m.weight
    if m.weight > 0 then lanes = lanes + 1 end
    if i - 1 == lane.index then own = m.weight end
  end
  return own, all, lanes
end

-- How many messages of a lane there are after a position, up to another: exactly if the view has one lane, else about so
-- many, because slots are laid out evenly.
local function messages_between(state, lane, after, to)
  local own, all = slots_of(state, lane)
  return all > 0 and string.format('%.0f', math.ceil((to - after) * own / all)) or '?'
end

-- Whether a message of the lane is among those after a position, up to another. From one slot of a lane to the next each
-- other lane has as many as its weight has it, and at most one more.
local function some_between(state, lane, after, to)
  local own, all, lanes = slots_of(state, lane)
  return own > 0 and to - after >= all / own + lanes - 1
end

-- The rest of a lane goes to the ledger: what lies after its position. `seen`: a position that somebody received, if the
-- lane's end is not known; it need not be one of this lane, and more may have been received since it was told, unless it `is_all`.
local function declare_rest(state, lane, reason, seen, is_all)
  local to = lane.last or (is_all and seen)
  local last = lane.last or (seen and some_between(state, lane, lane.position, seen) and seen)
  if lane.last and lane.position >= lane.last then return end
  if not lane.last then reason = reason .. ': tail unknown' end
  declare_loss(last and 'lost' or 'possible', reason, 'view', lane.view, 'lane', tostring(lane.index), 'after',
               string.format('%.0f', lane.position), 'to', last and to and string.format('%.0f', to) or '?', 'messages',
               last and messages_between(state, lane, lane.position, last) or '?', 'by', CALLER)
end

local function lane_gone(state, lane)
  return lane.owner == '-' or not find_member(state.members, lane.owner)
end

-- A group that was silent for two leases has lost the list's name, and another may have taken it.
local function list_is_ours()
  local holder = call('GET', LIST_GROUP)
  return not holder or holder == GROUP
end

-- Rewrites the list of consumer ids: exactly those of the current view, gone two leases after the last beat.
local function write_consumers(members, ttl)
  if not list_is_ours() then return end
  call('DEL', LIST)
  local any = false
  for _, m in ipairs(members) do
    for k = 1, m.weight do
      call('RPUSH', LIST, m.id .. '.' .. k)
      any = true
    end
  end
  if any then
    call('PEXPIRE', LIST, ttl)
    call('SET', LIST_GROUP, GROUP, 'PX', ttl)
  else
    call('DEL', LIST_GROUP)
  end
end

-- Drops the records of views that have no open lane and are not the current one.
local function forget_closed_views(state, current)
  local open = {[current] = true}
  for _, lane in ipairs(state.lanes) do
    if not lane.closed then open[lane.view] = true end
  end
  for field in pairs(state.fields) do
    local view = string.match(field, '^view:(.+)$') or string.match(field, '^length:(.+)$') or
                 string.match(field, '^highest:(.+)$')
    if view and not open[view] then call('HDEL', STATE, field) end
  end
end

-- Lengths of views ("view:length:end0/end1..." by comma): whose end is known has lanes that can close. Each view's are
-- taken once, and the current one's never.
local function take_lengths(state, lengths)
  for view, length, ends in string.gmatch(lengths, '([^:,]+):(%d+):([^,]*)') do
    if state.fields['view:' .. view] and not state.fields['length:' .. view] and view ~= state.view then
      local by_index, index = {}, 0
      for last in string.gmatch(ends, '%d+') do
        by_index[index], index = tonumber(last), index + 1
      end
      call('HSET', STATE, 'length:' .. view, length)
      state.fields['length:' .. view] = length
      for _, lane in ipairs(state.lanes) do
        if lane.view == view and by_index[lane.index] then
          lane.last = by_index[lane.index]
          if lane.position >= lane.last then
            lane.closed = true
            call('HDEL', STATE, lane.field)
          else
            lane.text = string.format('%s:%.0f:%.0f', lane.owner, lane.position, lane.last)
            call('HSET', STATE, lane.field, lane_record(lane))
          end
        end
      end
    end
  end
end

-- The highest position that a member read ("view:n" or -).
local function take_highest(state, highest)
  local view, n = string.match(highest, '^(.+):(%d+)$')
  if view and state.fields['view:' .. view] and tonumber(n) > tonumber(state.fields['highest:' .. view] or '-1') then
    call('HSET', STATE, 'highest:' .. view, n)
    state.fields['highest:' .. view] = n
  end
end

-- Opens a view of `members` with a lane for each weight, makes it the current one and rewrites the consumers list.
-- Its number is above everything that the state, the caller or an epoch ever named. If nobody has weight, somebody who
-- is there gets 1, who stays rather than who leaves; with nobody there the view has no lanes. Returns its id and the
-- marker that announces it; `alone`: nobody was there before, so what was published before it is nobody's.
-- Publishing is the last thing a script does, because a publish is never undone.
local function open_view(state, members, identity, nonce, highest, ttl, alone)
  local number = math.max(number_of(state.view or '0'), tonumber(highest) or 0, tonumber(state.fields.trimmed or '0'))
  for _, lane in ipairs(state.lanes) do number = math.max(number, lane.number) end
  for _, epoch in ipairs(state.epochs) do number = math.max(number, epoch.last) end
  local id = string.format('%.0f', number + 1) .. '.' .. nonce

  local weight = 0
  for _, m in ipairs(members) do
    if m.leaving then m.weight = 0 end
    weight = weight + m.weight
  end
  if weight == 0 then
    local heir
    for _, m in ipairs(members) do
      if present(m.id) and (not heir or (heir.leaving and not m.leaving)) then heir = m end
    end
    heir = heir or members[1]
    if heir then heir.weight = 1 end
  end

  local previous = not alone and state.view or '-'
  local before = previous ~= '-' and string.match(state.fields['view:' .. state.view] or '', '^%S+ (%S+)$') or '-'
  call('HSET', STATE, 'view', id, 'view:' .. id, identity .. ' ' .. format_members(members))
  each_lane(state, members, function(m, index) call('HSET', STATE, 'lane:' .. id .. ':' .. index, m.id .. ' 0 -') end)
  forget_closed_views(state, id)
  write_consumers(members, ttl)
  state.view, state.members, state.identity = id, members, identity
  return id, 'tributary/1 marker ' .. state.fields.nonce .. ' ' .. id .. ' ' .. previous .. ' ' .. identity .. ' ' ..
             (state.fields.tick or '0') .. ' ' .. format_members(members) .. (is_keyed(state) and ' ' .. before or '')
end

-- On the same kind of channel as what the group reads, so that the server brings both in one order.
local function publish(state, message)
  local fingerprint = string.gsub(state.fields.fingerprint or '', '^keyed ', '')
  if string.find(fingerprint, '^input sharded ') then
    call('SPUBLISH', CONTROL, message)
  else
    call('PUBLISH', CONTROL, message)
  end
end

