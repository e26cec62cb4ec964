-- Datetimes as the API reads and stores them.

local byte, format, sub, rep = string.byte, string.format, string.sub, string.rep
local floor = math.floor
local match = ngx.re.match

local FORM = [[^(\d{4})-(\d\d)-(\d\d)T(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?]]
    .. [[(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$]]
local MILLISECONDS = [[^(-?\d{1,18})(?:\.\d+)?$]]
local STORED = "0000-00-00T00:00:00.000Z"
local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function in_calendar(year, month, day, hour, minute, second)
    if month < 1 or month > 12 or day < 1 or hour > 23 or minute > 59 or second > 59 then
        return false
    end
    local leap = month == 2 and year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
    return day <= DAYS[month] + (leap and 1 or 0)
end

local function pair(text, at)
    local tens, ones = byte(text, at, at + 1)
    return (tens - 48) * 10 + ones - 48
end

-- Whether it has the stored form already, as nearly all do. Bytes in a loop, which LuaJIT compiles:
-- with ngx.re for all of them a request cost about 5 us more.
local function is_stored_form(text)
    if #text ~= #STORED then
        return false
    end
    for i = 1, #STORED do
        local expected, found = byte(STORED, i), byte(text, i)
        if expected == 48 then
            if found < 48 or found > 57 then
                return false
            end
        elseif expected ~= found then
            return false
        end
    end
    return in_calendar(pair(text, 1) * 100 + pair(text, 3), pair(text, 6), pair(text, 9),
        pair(text, 12), pair(text, 15), pair(text, 18))
end

local function days_since_1970(year, month, day)
    if month <= 2 then
        year = year - 1
    end
    local era = floor(year / 400)
    local year_of_era = year - era * 400
    local day_of_year = floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
    return era * 146097 + year_of_era * 365 + floor(year_of_era / 4) - floor(year_of_era / 100)
        + day_of_year - 719468
end

local function civil(days)
    local shifted = days + 719468
    local era = floor(shifted / 146097)
    local day_of_era = shifted - era * 146097
    local year_of_era = floor((day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524)
        - floor(day_of_era / 146096)) / 365)
    local day_of_year = day_of_era - (365 * year_of_era + floor(year_of_era / 4)
        - floor(year_of_era / 100))
    local shifted_month = floor((5 * day_of_year + 2) / 153)
    local month = (shifted_month + 2) % 12 + 1
    local year = era * 400 + year_of_era + (month <= 2 and 1 or 0)
    return year, month, day_of_year - floor((153 * shifted_month + 2) / 5) + 1
end

local function print_instant(seconds, fraction)
    local days = floor(seconds / 86400)
    local rest = seconds - days * 86400
    local year, month, day = civil(days)
    while #fraction > 3 and sub(fraction, -1) == "0" do
        fraction = sub(fraction, 1, -2)
    end
    return format("%04d-%02d-%02dT%02d:%02d:%02d.%sZ", year, month, day, floor(rest / 3600),
        floor(rest / 60) % 60, rest % 60, fraction .. rep("0", 3 - #fraction))
end

-- The stored form of a time in milliseconds since 1970.
local function print_milliseconds(milliseconds)
    return print_instant(floor(milliseconds / 1000), format("%03d", milliseconds % 1000))
end

local function parse_milliseconds(text)
    local found = #text ~= 4 and match(text, MILLISECONDS, "jo")
    if not found then
        return nil
    end
    return print_milliseconds(tonumber(found[1]))
end

-- The stored form of a datetime, or nil.
local function read(text)
    if is_stored_form(text) then
        return text
    end
    local found = match(text, FORM, "jo")
    if not found then
        return parse_milliseconds(text)
    end
    local year, month, day = tonumber(found[1]), tonumber(found[2]), tonumber(found[3])
    local hour, minute = tonumber(found[4]), tonumber(found[5] or 0)
    local second = tonumber(found[6] or 0)
    if not in_calendar(year, month, day, hour, minute, second) then
        return nil
    end
    local offset = tonumber(found[9] or 0) * 3600 + tonumber(found[10] or 0) * 60
    if found[8] == "-" then
        offset = -offset
    end
    local seconds = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    return print_instant(seconds - offset, found[7] or "")
end

-- The milliseconds since 1970 of a datetime in its stored form; nil if the year has not four digits.
local function milliseconds(text)
    if byte(text, 5) ~= 45 then
        return nil
    end
    local days = days_since_1970(pair(text, 1) * 100 + pair(text, 3), pair(text, 6), pair(text, 9))
    local seconds = days * 86400 + pair(text, 12) * 3600 + pair(text, 15) * 60 + pair(text, 18)
    return seconds * 1000 + pair(text, 21) * 10 + byte(text, 23) - 48
end

return { read = read, print = print_milliseconds, milliseconds = milliseconds }
