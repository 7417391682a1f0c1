-- Keeps orders only, and adds what they cost altogether.
--
--     tributary consume --processor lua:examples/processors/enrich.lua
function process(message)
  local order = message.members
  if order.kind and order.kind ~= "order" then return false end  -- dropped
  if not order.price then dead("an order without a price") end   -- a dead letter, at once
  return {total = order.price * (order.count or 1)}              -- a field of its entry
end
