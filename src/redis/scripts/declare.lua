#!lua
-- declare: lines for the loss ledger from a node that knows what it could not deliver.
--
-- ARGV   4... kind, reason, view, lane, after, to, messages (each line seven values)
-- Answer ok
-- include common
for i = 4, #ARGV, 7 do
  declare_loss(ARGV[i], ARGV[i + 1], 'view', ARGV[i + 2], 'lane', ARGV[i + 3], 'after', ARGV[i + 4], 'to', ARGV[i + 5],
               'messages', ARGV[i + 6], 'by', CALLER)
end
return {'ok'}
