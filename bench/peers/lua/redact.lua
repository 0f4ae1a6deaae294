-- Takes what nobody should see out of documents that lua-cjson has read.
local KEYS = { passwordHash = true, cvv = true }
local REPLACEMENT = "[redacted]"

-- The members of these names, at any depth.
local function keys(value)
  for key, member in pairs(value) do
    if KEYS[key] then
      value[key] = REPLACEMENT
    elseif type(member) == "table" then
      keys(member)
    end
  end
end

-- The number of the card of a user.
local function card(user)
  local found = type(user) == "table" and user.card
  if type(found) == "table" and found.number ~= nil then
    found.number = REPLACEMENT
  end
end

return { card = card, keys = keys }
