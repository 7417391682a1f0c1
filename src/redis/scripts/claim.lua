#!lua
-- claim: makes the caller the owner of a lane whose owner is gone. Who the owner was is compared, so a late or repeated
-- claim takes nothing from anybody.
--
-- The lane's record counts the owners that went, one after the other, without moving the position: a message may have
-- been their end. A commit or a release writes the record without the count.
--
-- ARGV   4 lane ("view:index"), 5 owner seen, - for none
-- Answer ok, position, end or -, owners that went without progress | owned, owner | gone | nostate | nonce | identity, now | nomember
-- include common
local name, seen = ARGV[4], ARGV[5]
local state = load_state()
local refused = refusal(state, true)
if refused then return refused end
for _, lane in ipairs(state.lanes) do
  if lane.view .. ':' .. lane.index == name then
    if lane.owner ~= CALLER then
      if lane.owner ~= seen or not lane_gone(state, lane) then return {'owned', lane.owner} end
      if lane.owner ~= '-' then lane.deaths = lane.deaths + 1 end
      lane.owner = CALLER
      call('HSET', STATE, lane.field, lane_record(lane))
    end
    return {'ok', string.format('%.0f', lane.position), lane.last and string.format('%.0f', lane.last) or '-',
            tostring(lane.deaths)}
  end
end
return {'gone'}
