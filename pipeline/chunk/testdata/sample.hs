{-# LANGUAGE OverloadedStrings #-}
-- | What a mill does.
module Mill.Sluice (open, Gate (..)) where

import qualified Data.Map as Map

{- A gate
data Nothing = Of this
-}
data Gate = Gate
  { height :: Int
  , wide   :: Bool
  } deriving (Show, Eq)

newtype Level a = Level { level :: a }

class Monad m => Water m where
  flow :: Int -> m ()
  stop :: m ()

instance Water IO where
  flow n = print n
  stop = pure ()

-- | Opens a gate.
open :: Gate -> Int -> Either String Gate
open gate 0 = Left "closed"
open gate n
  | n > height gate = Left "too high"
  | otherwise = Right gate { height = n }
  where
    helper = 1

(<+>) :: Gate -> Gate -> Gate
a <+> b = a

measure' = Map.size
