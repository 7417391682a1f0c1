-- Adds a field from a member.
function process(message)
  return { from = message.members.kind }
end
