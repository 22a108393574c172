-- For wrk: posts events, each with an id of its own, EVENTS (1 or more) in a body.
local events = tonumber(os.getenv("EVENTS") or "1")
local run = os.getenv("RUN") or "0"
local head = "POST /t HTTP/1.1\r\nHost: tracker.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" ..
  "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: "
local middle = '","type":"page","ts":1795284759805,"url":"https://www.example.org/articles/2026/11/21",' ..
  '"referrer":"https://www.example.org/","title":"An article","props":{"scroll":80}}'
local thread, count = 0, 0

function setup(thread)
  threads = (threads or 0) + 1
  thread:set("thread", threads)
end

function request()
  local parts = {}
  for i = 1, events do
    count = count + 1
    parts[i] = '{"id":"' .. run .. "-" .. thread .. "-" .. count .. middle
  end
  local body = parts[1]
  if events > 1 then body = '{"batch":[' .. table.concat(parts, ",") .. "]}" end
  return head .. #body .. "\r\n\r\n" .. body
end
