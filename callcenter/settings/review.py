"""`[review]`: which calls people look at, and how long an agent may appeal."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from callcenter.domain.sampling import SamplingRules
from callcenter.settings.values import Part

Share = Annotated[float, Field(ge=0, le=1)]


class ReviewSettings(Part):
    random_share: Share = 0.02
    low_score: float = Field(default=60.0, ge=0, le=100)
    new_agent_days: int = Field(default=30, ge=0, le=366)
    new_agent_share: Share = 0.2
    double_share: Share = 0.1
    seed: str = Field(default="", max_length=100)
    appeal_days: int = Field(default=7, ge=0, le=366)

    @property
    def sampling(self) -> SamplingRules:
        return SamplingRules(
            random_share=self.random_share,
            low_score=self.low_score,
            new_agent=timedelta(days=self.new_agent_days),
            new_agent_share=self.new_agent_share,
            double_share=self.double_share,
        )

    @property
    def appeal_limit(self) -> timedelta:
        return timedelta(days=self.appeal_days)
