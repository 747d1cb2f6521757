-- The load for wrk. `plan` is set by the script that loads this file; see benchmarks/wrk.py for its fields.
-- The rule of which event comes n-th is that of benchmarks/traffic.py.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long sec; long nsec; } bench_time;
  int clock_gettime(int clock, bench_time *time);
  int getpid(void);
  int kill(int process, int signal);
]]

local clock, floor, format, concat = ffi.new("bench_time"), math.floor, string.format, table.concat
local templates, visitors, length = plan.templates, plan.visitors, plan.session_events
local middle = #templates - 2
local head = "POST " .. plan.path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
  .. "User-Agent: " .. plan.user_agent .. "\r\nContent-Length: "

-- Read by `done` through thread:get, which sees globals only.
number, sent, answered, accepted, not_200 = plan.first, 0, 0, 0, 0
first_ms, last_ms, late_ms, late_requests = 0, 0, 0, 0

local function now_ms()
  ffi.C.clock_gettime(0, clock)
  return tonumber(clock.sec) * 1000 + tonumber(clock.nsec) / 1e6
end

local second, second_text = 0, ""

local function stamp(ms)
  local whole = floor(ms / 1000)
  if whole ~= second then
    second, second_text = whole, os.date("!%Y-%m-%dT%H:%M:%S", whole)
  end
  return format("%s.%03dZ", second_text, floor(ms) % 1000)
end

local function template_of(visitor, step)
  if step == 0 then return templates[1] end
  if step == length - 1 then return templates[#templates] end
  return templates[2 + (step + visitor) % middle]
end

local function append(parts, size, at)
  local visitor = number % visitors
  local visit = floor(number / visitors) + visitor * plan.stagger % length
  local session = visitor + visitors * floor(visit / length)
  local cut = template_of(visitor, visit % length)
  parts[size + 1], parts[size + 2] = cut[1], format("%s%012d", plan.event_run, number)
  parts[size + 3], parts[size + 4] = cut[2], format("%s%012d", plan.session_run, session)
  parts[size + 5], parts[size + 6] = cut[3], format("user-%06d", visitor)
  parts[size + 7], parts[size + 8], parts[size + 9] = cut[4], at, cut[5]
  number = number + 1
  return size + 9
end

local function one(at)
  local parts = {}
  append(parts, 0, at)
  return concat(parts)
end

local function many(at)
  local parts, size = { "[" }, 1
  for place = 1, plan.batch do
    size = append(parts, size, at)
    size = size + 1
    parts[size] = place < plan.batch and "," or "]"
  end
  return concat(parts)
end

local lines = plan.file ~= "" and io.lines(plan.file)

local function read_many()
  local parts = {}
  for place = 1, plan.batch do parts[place] = lines() end
  return "[" .. concat(parts, ",") .. "]"
end

local body_of = lines and read_many or plan.batch == 1 and one or many
local is_tried = false

function request()
  if not is_tried then  -- wrk asks for one before the load, looks at it and throws it away
    is_tried = true
    return head .. "0\r\n\r\n"
  end
  local ms = now_ms()
  if sent == 0 and first_ms == 0 then first_ms = ms end
  if plan.rate > 0 then
    local late = ms - first_ms - sent * 1000 / plan.rate
    late_ms = math.max(late_ms, late)
    if late > plan.late_after_ms then late_requests = late_requests + 1 end
  end
  local body = body_of(stamp(ms))
  sent = sent + 1
  return head .. #body .. "\r\n\r\n" .. body
end

-- wrk reads the answers only where there is a `response`, and asks for a pause only where there is a `delay`.
if plan.batch > 1 or plan.rate > 0 then
  function response(status, headers, body)
    answered, last_ms = answered + 1, now_ms()
    if status ~= 200 then not_200 = not_200 + 1 end
    accepted = accepted + (tonumber(body:match('"accepted":(%d+)')) or 0)
  end

  local slots, resting = 0, 0

  -- A connection rests when it was answered and the time is over. When all of them do, SIGINT makes wrk tell its
  -- result: nothing that was sent is left unanswered.
  local function rest()
    resting = resting + 1
    if resting == plan.connections then ffi.C.kill(ffi.C.getpid(), 2) end
    return 3600000
  end

  -- Every request has its moment, counted from the first one: an answer that is late does not move those after it.
  function delay()
    local ms = now_ms()
    if first_ms == 0 then first_ms = ms end
    local at = plan.rate > 0 and first_ms + slots * 1000 / plan.rate or ms
    slots = slots + 1
    local is_over = plan.events > 0 and slots * plan.batch > plan.events
    if is_over or at - first_ms >= plan.seconds * 1000 then return rest() end
    return math.max(0, floor(at - ms + 0.5))
  end
end

local threads = {}

function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local thread, errors = threads[1], summary.errors
  local told = { requests = summary.requests, duration_us = summary.duration }
  for _, name in ipairs { "sent", "answered", "accepted", "not_200", "first_ms", "last_ms", "late_ms", "late_requests" } do
    told[name] = thread:get(name)
  end
  for _, percent in ipairs { 50, 90, 99 } do told["p" .. percent .. "_us"] = latency:percentile(percent) end
  told.max_us = latency.max
  told.failures = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  local fields = {}
  for name, value in pairs(told) do fields[#fields + 1] = format('"%s":%.3f', name, value) end
  io.write("RESULT {" .. concat(fields, ",") .. "}\n")
end
