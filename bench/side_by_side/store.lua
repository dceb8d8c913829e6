-- Load driver for wrk: every request stores `count` new objects made from a template.
--   wrk -s store.lua URL -- TEMPLATE COUNT RUN      RUN makes identifiers of one run different from another's
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end

local function read(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function split(text)
  local pieces, position = {}, 1
  while true do
    local from, to, kind = text:find("@(%u+)@", position)
    -- Pixel bytes may look like a token by chance: only the three names count.
    while from and not (kind == "STUDY" or kind == "SERIES" or kind == "INSTANCE") do from, to, kind = text:find("@(%u+)@", from + 1) end
    if not from then break end
    pieces[#pieces + 1] = text:sub(position, from - 1)
    pieces[#pieces + 1] = { kind = kind }
    position = to + 1
  end
  pieces[#pieces + 1] = text:sub(position)
  return pieces
end

function init(args)
  pieces = split(read(args[1]))
  count = tonumber(args[2])
  run = tonumber(args[3])
  sequence = 0
end

local prefixes = { STUDY = "1.2.826.0.1.1.", SERIES = "1.2.826.0.1.2.", INSTANCE = "1.2.826.0.1.3." }
local function uid(kind, study, instance)
  local number = string.format("%d%02d%08d", run, thread_number, study)
  if kind == "INSTANCE" then number = number .. string.format("%04d", instance) end
  return prefixes[kind] .. string.rep("7", 40 - #prefixes[kind] - #number) .. number
end

-- As long as clients make it: the search for a very short one costs more.
local boundary = "5d41402abc4b2a76b9719d911017c592"

function request()
  sequence = sequence + 1
  local body = {}
  for instance = 1, count do
    body[#body + 1] = "--" .. boundary .. "\r\nContent-Type: application/dicom\r\n\r\n"
    for _, piece in ipairs(pieces) do
      body[#body + 1] = type(piece) == "string" and piece or uid(piece.kind, sequence, instance)
    end
    body[#body + 1] = "\r\n"
  end
  body[#body + 1] = "--" .. boundary .. "--\r\n"
  local media_type = 'multipart/related; type="application/dicom"; boundary=' .. boundary
  return wrk.format("POST", nil, { ["Content-Type"] = media_type, ["Accept"] = "application/dicom+json" }, table.concat(body))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT requests=%d seconds=%.3f p50_ms=%.3f bytes=%d closed=%d failed=%d\n", summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, summary.bytes, errors.read,
    errors.status + errors.connect + errors.write + errors.timeout))
end
