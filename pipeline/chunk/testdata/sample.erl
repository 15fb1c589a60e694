%% Copyright The Millers.
-module(mill_sluice).
-behaviour(gen_server).
-export([open/1, open/2]).
-include("mill.hrl").

-define(STONES, 2).
-record(sack, {weight = 0 :: integer()}).
-type level() :: low | high.

%% @doc Opens a gate.
-spec open(gate()) -> ok.
open(Gate) ->
    open(Gate, 1).

open(Gate, 0) ->
    {error, closed};
open(Gate, N) when N > 0 ->
    case mill_weir:level(Gate) of
        low -> {error, dry};
        high -> ok
    end.

'strange name'() -> ok.

init([]) ->
    {ok, #sack{}}.
