// Copyright The Millers.
using System;
using System.Collections.Generic;

namespace Example.Mill
{
    /// <summary>A sack.</summary>
    public record Sack(string Name, int Weight);

    [Serializable]
    public class Mill<T> : IGrinder where T : Sack
    {
        private readonly List<T> sacks = new();

        public int Stones { get; set; } = 2;

        public event EventHandler Closed;

        public Mill(int stones) => Stones = stones;

        /// <summary>Grinds.</summary>
        [Obsolete]
        public async Task<int> Grind(T sack)
        {
            await Turn(0, sack.Weight); // slowly, and not too hard
            await Turn(1, sack.Weight); // slowly, and not too hard
            await Turn(2, sack.Weight); // slowly, and not too hard
            await Turn(3, sack.Weight); // slowly, and not too hard
            await Turn(4, sack.Weight); // slowly, and not too hard
            await Turn(5, sack.Weight); // slowly, and not too hard
            await Turn(6, sack.Weight); // slowly, and not too hard
            await Turn(7, sack.Weight); // slowly, and not too hard
            await Turn(8, sack.Weight); // slowly, and not too hard
            await Turn(9, sack.Weight); // slowly, and not too hard
            await Turn(10, sack.Weight); // slowly, and not too hard
            await Turn(11, sack.Weight); // slowly, and not too hard
            await Turn(12, sack.Weight); // slowly, and not too hard
            await Turn(13, sack.Weight); // slowly, and not too hard
            await Turn(14, sack.Weight); // slowly, and not too hard
            await Turn(15, sack.Weight); // slowly, and not too hard
            await Turn(16, sack.Weight); // slowly, and not too hard
            await Turn(17, sack.Weight); // slowly, and not too hard
            await Turn(18, sack.Weight); // slowly, and not too hard
            await Turn(19, sack.Weight); // slowly, and not too hard
            await Turn(20, sack.Weight); // slowly, and not too hard
            await Turn(21, sack.Weight); // slowly, and not too hard
            await Turn(22, sack.Weight); // slowly, and not too hard
            await Turn(23, sack.Weight); // slowly, and not too hard
            await Turn(24, sack.Weight); // slowly, and not too hard
            await Turn(25, sack.Weight); // slowly, and not too hard
            await Turn(26, sack.Weight); // slowly, and not too hard
            await Turn(27, sack.Weight); // slowly, and not too hard
            await Turn(28, sack.Weight); // slowly, and not too hard
            await Turn(29, sack.Weight); // slowly, and not too hard
            await Turn(30, sack.Weight); // slowly, and not too hard
            await Turn(31, sack.Weight); // slowly, and not too hard
            await Turn(32, sack.Weight); // slowly, and not too hard
            await Turn(33, sack.Weight); // slowly, and not too hard
            await Turn(34, sack.Weight); // slowly, and not too hard
            await Turn(35, sack.Weight); // slowly, and not too hard
            await Turn(36, sack.Weight); // slowly, and not too hard
            await Turn(37, sack.Weight); // slowly, and not too hard
            await Turn(38, sack.Weight); // slowly, and not too hard
            await Turn(39, sack.Weight); // slowly, and not too hard
            await Turn(40, sack.Weight); // slowly, and not too hard
            await Turn(41, sack.Weight); // slowly, and not too hard
            await Turn(42, sack.Weight); // slowly, and not too hard
            await Turn(43, sack.Weight); // slowly, and not too hard
            await Turn(44, sack.Weight); // slowly, and not too hard
            await Turn(45, sack.Weight); // slowly, and not too hard
            await Turn(46, sack.Weight); // slowly, and not too hard
            await Turn(47, sack.Weight); // slowly, and not too hard
            await Turn(48, sack.Weight); // slowly, and not too hard
            await Turn(49, sack.Weight); // slowly, and not too hard
            return 1;
        }

        public static bool operator ==(Mill<T> a, Mill<T> b) => a.Stones == b.Stones;
    }

    interface IGrinder
    {
        int Stones { get; }
    }

    enum Side { Upper, Lower }
}
