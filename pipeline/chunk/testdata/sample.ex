# Copyright The Millers.
defmodule Mill.Sluice do
  @moduledoc """
  Lets water in.

      def not_one(of_these), do: nil
  """
  use GenServer
  alias Mill.{Gate, Weir}

  @levels [:low, :high]
  @type level :: :low | :high

  defstruct [:height, open: false]

  @doc "Opens the gate."
  @spec open(Gate.t()) :: :ok
  def open(gate), do: Gate.lift(gate)

  def open(gate, height) when height > 0 do
    case Weir.level(gate) do
      :low -> {:error, :dry}
      :high -> Gate.lift(gate, height)
    end
  end

  defp measure(gate) do
    gate.height
  rescue
    e in RuntimeError -> raise e
  end

  defmacro watch(name, do: block) do
    quote do
      unquote(block)
    end
  end
end

defimpl String.Chars, for: Mill.Sluice do
  def to_string(s), do: "sluice #{s.height}"
end
