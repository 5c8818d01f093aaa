"""The Lua scripts that change a seat map; `seat_map` describes its keys.

Each script is atomic. It changes the sorted set, the versions and the string of bits together, so that they never
disagree, whatever calls come between two scripts.
"""

from __future__ import annotations

__all__ = ["APPLY", "BEGIN", "DOUBT", "KEPT_MS", "LOADING_MS", "PUBLISH"]

LOADING_MS = 30_000  # a loader that is silent for this long is considered dead
KEPT_MS = 2 * 86_400_000  # longer than a stream repeats a record (24 h); old maps expire

# Sets every flag of a map.
_SUSPECT = """
local function suspect(map, places)
  if redis.call('GETRANGE', map, 0, 0) ~= string.char(0) then return end
  redis.call('SETRANGE', map, 0, string.char(1))
  for _, place in ipairs(redis.call('HVALS', places)) do
    redis.call('SETRANGE', map, string.match(place, '%d+$'), string.char(1))
  end
end
"""

# `draw` sets the bit of each seat of the chunk to what is known now, also where nothing has changed: so a bit that is
# wrong for any reason is right after the next record. The numbers of taken seats follow from the bits that differed.
APPLY = (
    _SUSPECT
    + """
local call, tonumber, find, sub, match = redis.call, tonumber, string.find, string.sub, string.match
local seats, stamps, count = {}, {}, 0
for i = 2, #ARGV, 2 do
  count = count + 1
  seats[count], stamps[count] = ARGV[i], ARGV[i + 1]
end
local function draw(map, places, taken)
  if call('EXISTS', map, places) < 2 then
    call('UNLINK', map, places)
    return
  end
  local prefix, length, index, first, last, start = '-', 1, 0, 1, 0, 0
  local changes = {}
  for i = 1, count do
    local seat = seats[i]
    if sub(seat, 1, length) ~= prefix then
      length = find(seat, '-', 1, true)
      prefix = sub(seat, 1, length)
      index, first, last, start = match(call('HGET', places, sub(seat, 1, length - 1)) or '0 1 0 0',
        '(%d+) (%d+) (%d+) (%d+)')
      first, last, start = tonumber(first), tonumber(last), 8 * (tonumber(start) + 1)
    end
    local number = tonumber(sub(seat, length + 1))
    if number >= first and number <= last then
      local bit = taken[i] and 1 or 0
      local change = bit - call('SETBIT', map, start + number - first, bit)
      if change ~= 0 then changes[index] = (changes[index] or 0) + change end
    end
  end
  for index, change in pairs(changes) do
    call('BITFIELD', map, 'INCRBY', 'u32', 8 + 32 * index, change)
  end
  call('PEXPIRE', map, KEPT_MS)
  call('PEXPIRE', places, KEPT_MS)
end
local function put(taken, versions, removed, map, places)
  local known, said, sold, gone = call('HMGET', versions, unpack(seats)), {}, {}, {}
  local freed, news, goes = call('EXISTS', removed) == 1 and call('HMGET', removed, unpack(seats)) or {}, 0, 0
  for i = 1, count do
    local stamp, newest, grave = tonumber(stamps[i]), tonumber(known[i] or -1), tonumber(freed[i] or -1)
    if grave > newest then newest = grave end
    if stamp % 2 == 1 and stamp >= newest then
      goes = goes + 1
      gone[goes], known[i] = seats[i], false
    elseif stamp > newest then
      said[news + 1], said[news + 2], sold[news + 1], sold[news + 2] = seats[i], stamps[i], 0, seats[i]
      news, known[i] = news + 2, true
    end
  end
  if news > 0 then
    call('HSET', versions, unpack(said))
    call('ZADD', taken, unpack(sold))
  end
  if goes > 0 then
    call('HDEL', versions, unpack(gone))
    call('ZREM', taken, unpack(gone))
  end
  draw(map, places, known)
  call('PEXPIRE', versions, KEPT_MS)
  call('PEXPIRE', taken, KEPT_MS)
end
local loader = call('GET', KEYS[4])
if ARGV[1] ~= '' then
  if loader ~= ARGV[1] then return 0 end
  call('PEXPIRE', KEYS[4], LOADING_MS)
  put(KEYS[5], KEYS[6], KEYS[7], KEYS[11], KEYS[12])
  return 1
end
local function bury(removed)
  local freed, doubtful = call('HMGET', removed, unpack(seats)), false
  for i, seat in ipairs(seats) do
    local stamp, before = tonumber(stamps[i]), tonumber(freed[i] or -1)
    if stamp % 2 == 1 and stamp > before then
      call('HSET', removed, seat, stamps[i])
      call('PEXPIRE', removed, KEPT_MS)
    elseif stamp % 2 == 0 and stamp < before then
      doubtful = true
    end
  end
  if doubtful then
    call('SET', KEYS[8], 1, 'PX', KEPT_MS)
    suspect(KEYS[9], KEYS[10])
    suspect(KEYS[11], KEYS[12])
  end
end
bury(KEYS[3])
if call('EXISTS', KEYS[2]) == 1 then put(KEYS[1], KEYS[2], KEYS[3], KEYS[9], KEYS[10]) end
if loader then
  bury(KEYS[7])
  put(KEYS[5], KEYS[6], KEYS[7], KEYS[11], KEYS[12])
end
return 1
""".replace("LOADING_MS", str(LOADING_MS)).replace("KEPT_MS", str(KEPT_MS))
)

BEGIN = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', LOADING_MS) then return 0 end
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4], KEYS[7], KEYS[8])
if redis.call('EXISTS', KEYS[5]) == 1 then redis.call('RENAME', KEYS[5], KEYS[6]) end
redis.call('SETRANGE', KEYS[7], ARGV[2] - 1, string.char(0))
redis.call('PEXPIRE', KEYS[7], KEPT_MS)
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[8], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[8], KEPT_MS)
return 1
""".replace("LOADING_MS", str(LOADING_MS)).replace("KEPT_MS", str(KEPT_MS))

# UNLINK frees the old map in the background; RENAME over it would free it synchronously.
PUBLISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[4], '#loaded', ARGV[2])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
for i = 4, #KEYS, 2 do
  redis.call('UNLINK', KEYS[i + 1])
  if redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('RENAME', KEYS[i], KEYS[i + 1])
    redis.call('PEXPIRE', KEYS[i + 1], KEPT_MS)
  end
end
return 1
""".replace("KEPT_MS", str(KEPT_MS))

DOUBT = (
    _SUSPECT
    + """
redis.call('SET', KEYS[1], 1, 'PX', KEPT_MS)
suspect(KEYS[2], KEYS[3])
suspect(KEYS[4], KEYS[5])
return 1
""".replace("KEPT_MS", str(KEPT_MS))
)
