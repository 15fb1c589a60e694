-- Counts what a mill grinds. It is cut by the lines that define and by indentation.
local mill = {}

--- Grinds 0 sacks, as long as there is water.
function mill.grind_0(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 0 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.1
  end
  return flour
end

--- Grinds 1 sacks, as long as there is water.
function mill.grind_1(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 1 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.2
  end
  return flour
end

--- Grinds 2 sacks, as long as there is water.
function mill.grind_2(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 2 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.3
  end
  return flour
end

--- Grinds 3 sacks, as long as there is water.
function mill.grind_3(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 3 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.4
  end
  return flour
end

--- Grinds 4 sacks, as long as there is water.
function mill.grind_4(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 4 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.5
  end
  return flour
end

--- Grinds 5 sacks, as long as there is water.
function mill.grind_5(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 5 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.6
  end
  return flour
end

--- Grinds 6 sacks, as long as there is water.
function mill.grind_6(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 6 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.7
  end
  return flour
end

--- Grinds 7 sacks, as long as there is water.
function mill.grind_7(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 7 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.8
  end
  return flour
end

--- Grinds 8 sacks, as long as there is water.
function mill.grind_8(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 8 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.9
  end
  return flour
end

--- Grinds 9 sacks, as long as there is water.
function mill.grind_9(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 9 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.10
  end
  return flour
end

--- Grinds 10 sacks, as long as there is water.
function mill.grind_10(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 10 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.11
  end
  return flour
end

--- Grinds 11 sacks, as long as there is water.
function mill.grind_11(sacks, water)
  local flour = 0
  for _, sack in ipairs(sacks) do
    if water < 11 then
      return nil, "no water"
    end
    flour = flour + sack.weight * 0.12
  end
  return flour
end

return mill
