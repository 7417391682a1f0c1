#!lua
-- revive: opens the lanes of a view that the server lost when its data went back in time; everything committed under it
-- was lost with it. Only for views of another identity than the present one, above the last survivor of theirs, once.
--
-- ARGV   4 view, 5 its identity, 6 its members as in its marker, 7 the group nonce it was read under
-- Answer revived | survived (it is in the state, was closed, or was revived before) | refused, why |
--        nostate | nonce | identity, now | nomember
-- include common
local view, identity, members, nonce = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local state = load_state()
local refused = refusal(state, true)
if refused then return refused end
if identity == state.identity then return {'refused', 'the server did not go back since'} end
-- A view of another nonce is of a group that Redis lost, if this group began on a server with nothing on it, under another
-- identity, and after that view. Otherwise somebody deleted a state, its or this one's: in doubt nothing is appended.
local nothing = state.fields.nothing or '-'
if nonce ~= state.fields.nonce and
   (nothing == '-' or nothing == identity or number_of(view) >= (tonumber(state.fields.born) or 0)) then
  return {'refused', 'the state of the group was deleted'}
end

for _, epoch in ipairs(state.epochs) do
  if epoch.identity == identity then
    if number_of(view) <= epoch.last then return {'survived'} end
    for known in string.gmatch(epoch.revived, '[^+]+') do
      if known == view then return {'survived'} end
    end
    if number_of(view) <= tonumber(state.fields.trimmed or '0') then
      return {'refused', 'too many epochs ago'}
    end
    epoch.revived = epoch.revived == '-' and view or (epoch.revived .. '+' .. view)
    call('HSET', STATE, 'epoch:' .. identity, epoch.order .. ' ' .. epoch.last .. ' ' .. epoch.revived,
         'view:' .. view, identity .. ' ' .. members)
    each_lane(state, parse_members(members),
              function(_, index) call('HSET', STATE, 'lane:' .. view .. ':' .. index, '- 0 -') end)
    return {'revived'}
  end
end
return {'refused', 'too many epochs ago'}
