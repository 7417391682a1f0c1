#!lua
-- desire: changes what operators want of the whole group. Everything is checked before anything is written; every change of
-- something raises the revision and leaves an entry for each field in the stream of changes (bounded), whose id says when.
--
-- KEYS   9 stream of changes
-- ARGV   2 who ("user@host"), 3 -, 4 revision it is based on or - for any, 5... field, value ("" removes the field)
-- Answer ok, revision, value of each field before ("": not set) | conflict, revision now, who made it | invalid, field, what it must be
-- include common
local based_on = ARGV[4]
local CHANGES, CHANGES_KEPT = KEYS[9], '1000'

local function number(least, most)
  return function(value)
    local n = string.match(value, '^%d+$') and #value < 16 and tonumber(value)
    if not n or n < least or n > most then
      return 'a whole number from ' .. least .. ' to ' .. string.format('%.0f', most)
    end
  end
end
local function one_of(...)
  local choices = {...}
  return function(value)
    for _, choice in ipairs(choices) do
      if value == choice then return end
    end
    return table.concat(choices, ' or ')
  end
end
local consumers = number(0, 100000)
local checks = {
  state = one_of('running', 'paused', 'stopped'),
  how = one_of('drain', 'now'),
  consumers = function(value) if value ~= 'auto' then return consumers(value) and 'auto or ' .. consumers(value) end end,
  minimum = number(1, 100000),
  maximum = number(1, 100000),
  batch_size = number(1, 10000),
  idle_timeout_ms = number(0, 2 ^ 40),
}

local kind = call('TYPE', DESIRED).ok
if kind ~= 'none' and kind ~= 'hash' then return {'invalid', DESIRED, 'a hash, but it is a ' .. kind} end
local now = {}
local flat = call('HGETALL', DESIRED)
for i = 1, #flat, 2 do now[flat[i]] = flat[i + 1] end
local revision = now.revision or '0'
if based_on ~= '-' and based_on ~= revision then return {'conflict', revision, now.changed_by or '?'} end

local after = {}
for field, value in pairs(now) do after[field] = value end
for i = 5, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  local check = checks[field]
  if not check then return {'invalid', field, 'a field of the desired state'} end
  local wrong = value ~= '' and check(value)
  if wrong then return {'invalid', field, wrong} end
  after[field] = value ~= '' and value or nil
end
if (tonumber(after.minimum) or 1) > (tonumber(after.maximum) or 100) then
  return {'invalid', 'minimum', 'not above maximum'}
end

local answer, changed = {}, false
local next_revision = string.format('%.0f', (tonumber(revision) or 0) + 1)
for i = 5, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  answer[#answer + 1] = now[field] or ''
  if value ~= (now[field] or '') then
    changed = true
    if value == '' then
      call('HDEL', DESIRED, field)
    else
      call('HSET', DESIRED, field, value)
    end
    call('XADD', CHANGES, 'MAXLEN', '~', CHANGES_KEPT, '*', 'who', CALLER, 'field', field, 'from',
         now[field] or '', 'to', value, 'revision', next_revision)
  end
end
if not changed then return {'ok', revision, unpack(answer)} end
call('HSET', DESIRED, 'revision', next_revision, 'changed_by', CALLER)
return {'ok', next_revision, unpack(answer)}
