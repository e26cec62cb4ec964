-- wrk's part: sends the requests of a file, one after the other, and prints what it measured.
--
-- wrk -s wrk.lua URL -- FILE     the file: whole requests with NUL bytes between

local requests, sent = {}, 0

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    for text in file:read("*a"):gmatch("%Z+") do
        requests[#requests + 1] = text
    end
    file:close()
end

function request()
    sent = sent + 1
    if sent > #requests then
        sent = 1
    end
    return requests[sent]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests":%d,"seconds":%.6f,"p50":%d,"p99":%d,"max":%d,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
