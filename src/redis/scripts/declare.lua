#!lua
-- declare: lines for the loss ledger from a node that knows what it could not deliver.
--
-- ARGV   4... reason, view, lane, after, to, messages (each line six values)
-- Answer ok
-- include common
for i = 4, #ARGV, 6 do
  declare_loss(ARGV[i], 'view', ARGV[i + 1], 'lane', ARGV[i + 2], 'after', ARGV[i + 3], 'to', ARGV[i + 4],
               'messages', ARGV[i + 5], 'by', CALLER)
end
return {'ok'}
