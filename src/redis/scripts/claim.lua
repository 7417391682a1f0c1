#!lua
-- claim: makes the caller the owner of a lane whose owner is gone. Who the owner was is compared, so a late or repeated
-- claim takes nothing from anybody.
--
-- The lane's record counts the owners that went, one after the other, without moving the position: a message may have
-- been their end. A commit or a release writes the record without the count. Of the lanes of one owner only the oldest
-- counts its death, since that is what it worked on first; the others are released, and may be claimed by whoever saw
-- either. By keys it worked on all of them side by side, so each counts it.
--
-- ARGV   4 lane ("view:index"), 5 owner seen, - for none
-- Answer ok, position, end or -, owners that went without progress | owned, owner | gone | nostate | nonce | identity, now | nomember
-- include common
local name, seen = ARGV[4], ARGV[5]
local state = load_state()
local refused = refusal(state, true)
if refused then return refused end

-- Oldest first: state.lanes is in that order.
local function oldest_of(owner)
  for _, lane in ipairs(state.lanes) do
    if lane.owner == owner then return lane end
  end
end

local function count_death(lane, dead)
  lane.deaths = lane.deaths + 1
  if is_keyed(state) then return end
  for _, other in ipairs(state.lanes) do
    if other ~= lane and other.owner == dead then
      other.owner = '-'
      call('HSET', STATE, other.field, lane_record(other))
    end
  end
end

for _, lane in ipairs(state.lanes) do
  if lane.view .. ':' .. lane.index == name then
    if lane.owner ~= CALLER then
      if (lane.owner ~= seen and lane.owner ~= '-') or not lane_gone(state, lane) then return {'owned', lane.owner} end
      if lane.owner ~= '-' and (is_keyed(state) or oldest_of(lane.owner) == lane) then count_death(lane, lane.owner) end
      lane.owner = CALLER
      call('HSET', STATE, lane.field, lane_record(lane))
    end
    return {'ok', string.format('%.0f', lane.position), lane.last and string.format('%.0f', lane.last) or '-',
            tostring(lane.deaths)}
  end
end
return {'gone'}
