-- For wrk: the requests that a node makes for each message.
wrk.method = "POST"
wrk.body = '{"message_id":"6f1c2a7e-90d4-4b3a-8c55-000000000000","kind":"order"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Idempotency-Key"] = "1.3fa9c2:12345"
wrk.headers["Tributary-Message-Id"] = "6f1c2a7e-90d4-4b3a-8c55-000000000000"
wrk.headers["Tributary-Channel"] = "messages:published"
wrk.headers["Tributary-Attempt"] = "1"
